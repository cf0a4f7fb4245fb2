import { type MetadataHttp, mountAt, type Outcome, type RequestView } from "@usermeta/core";

/** How Next tells what a route's dynamic segments are. */
export type RouteParams = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Answers what is one of our routes below the mount point. */
export type MountedHandler = (
  request: RequestView,
  params: RouteParams | undefined,
) => Promise<Outcome | undefined>;

/**
 * The routes below a prefix or, where there is none, below where a file called `[...usermeta]` is: the path without
 * the segments that it catches, by their number alone, for Next has decoded them. So a `basePath` or a rewrite to the
 * file makes no difference.
 * @throws UserMetadataError `options_invalid` for a prefix that is no path
 */
export const mountHere = (metadata: MetadataHttp, prefix: string | undefined): MountedHandler => {
  if (prefix !== undefined) return mountAt(metadata, prefix);
  return async (request, params) => {
    const caught = params?.usermeta;
    if (!Array.isArray(caught) || caught.length === 0) return undefined;
    const segments = request.path.replace(/\/$/, "").split("/");
    return mountAt(metadata, segments.slice(0, -caught.length).join("/"))(request);
  };
};
