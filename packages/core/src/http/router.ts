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

/** A router over a table of routes. The router @throws UserMetadataError `path_invalid` */
export const createRouter = <R extends RoutePattern>(routes: readonly R[]): Router<R> => {
  const paths = Map.groupBy(routes, ({ path }) => path);
  const entries = [...paths].map(([path, each]) => ({
    segments: path.split("/"),
    methods: new Map(each.map((route) => [route.method, route])),
  }));
  const literal = new Map(
    entries.filter(({ segments }) => !segments.some(isParameter)).map((entry) => [entry.segments.join("/"), entry.methods]),
  );
  const patterns = entries.filter(({ segments }) => segments.some(isParameter));
  return (path) => {
    const trimmed = path.endsWith("/") ? path.slice(0, -1) : path;
    const methods = literal.get(trimmed);
    if (methods) return { methods, parameters: [] };
    const segments = trimmed.split("/");
    const found = patterns.find((pattern) => fits(pattern.segments, segments));
    if (!found) return undefined;
    const parameters = segments.filter((_, index) => isParameter(found.segments[index]));
    return { methods: found.methods, parameters: parameters.map(decode) };
  };
};

const isParameter = (segment: string | undefined): boolean => segment?.startsWith(":") === true;

const fits = (pattern: readonly string[], segments: readonly string[]): boolean =>
  pattern.length === segments.length &&
  pattern.every((part, index) => (isParameter(part) ? segments[index] !== "" : part === segments[index]));

const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new UserMetadataError(
      "path_invalid",
      `The path segment ${JSON.stringify(segment.slice(0, 64))} is not percent-encoded UTF-8. Encode it with encodeURIComponent.`,
    );
  }
};
