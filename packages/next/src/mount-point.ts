import { checkEngine, type MetadataHttp, mountAt, type Outcome, type RequestView } from "@usermeta/core";

/** The dynamic segments of a route, as Next hands them over. */
export type RouteParams = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Where the routes are, and what answers every other path. */
export interface MountOptions<Handler> {
  /** The path before every route, such as `"/api"`. @default the folder of the file, if its name is `[...usermeta]` */
  readonly prefix?: string | undefined;
  /** Answers a path that is not ours: Next tries no other route after this one. @default an empty 404 */
  readonly fallback?: Handler | undefined;
}

/** Answers a request to one of our routes below the mount point; resolves to `undefined` for any other. */
export type MountedHandler = (
  request: RequestView,
  params: RouteParams | undefined,
) => Promise<Outcome | undefined>;

/**
 * Mounts the routes below a prefix or, without one, below the folder of the file `[...usermeta]`: the path of the
 * request without as many segments as the file catches. Only their number counts, because Next has decoded them. So a
 * `basePath` or a rewrite to the file makes no difference.
 * @throws UserMetadataError `options_invalid` for a prefix that is not a path
 */
export const mountHere = (metadata: MetadataHttp, prefix: string | undefined): MountedHandler => {
  checkEngine(metadata, "userMetadata");
  if (prefix !== undefined) return mountAt(metadata, prefix);
  return async (request, params) => {
    const caught = params?.usermeta;
    if (!Array.isArray(caught) || caught.length === 0) return undefined;
    const segments = request.path.replace(/\/$/, "").split("/");
    return mountAt(metadata, segments.slice(0, -caught.length).join("/"))(request);
  };
};
