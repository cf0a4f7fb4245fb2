import { UserMetadataError } from "../errors.ts";

/** What a route is found by. */
export interface RoutePattern {
  readonly method: string;
  /** Segments that begin with `:` are parameters, which are percent-decoded once. */
  readonly path: string;
}

/** The routes of one path, and what its parameters were. */
export interface RouteMatch<R> {
  readonly methods: ReadonlyMap<string, R>;
  readonly parameters: readonly string[];
}

/** Finds the routes of a path; `undefined` for a path that is none of ours. */
export type Router<R> = (path: string) => RouteMatch<R> | undefined;

/** A router over a table of routes. A trailing slash is ignored. The router @throws UserMetadataError `path_invalid` */
export const createRouter = <R extends RoutePattern>(routes: readonly R[]): Router<R> => {
  const entries = [...Map.groupBy(routes, ({ path }) => path)].map(([path, each]) => ({
    pattern: new RegExp(`^${path.replaceAll(".", "\\.").replace(/:\w+/g, "([^/]+)")}/?$`),
    methods: new Map(each.map((route) => [route.method, route])),
  }));
  return (path) => {
    for (const { pattern, methods } of entries) {
      const match = pattern.exec(path);
      if (match) return { methods, parameters: match.slice(1).map(decode) };
    }
    return undefined;
  };
};

const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new UserMetadataError(
      "path_invalid",
      `The path segment ${JSON.stringify(segment.slice(0, 64))} is not percent-encoded; use encodeURIComponent.`,
    );
  }
};
