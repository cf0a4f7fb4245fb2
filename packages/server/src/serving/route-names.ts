import type { MountedRoute } from "@usermeta/core";

/** A route as logs and metrics name it: its pattern, never a path, which may hold a user's e-mail address. */
export interface NamedRoute {
  readonly name: string;
  /** An answer to a failure in the shape of its protocol. */
  readonly toOutcome: MountedRoute["toOutcome"];
}

/** Finds the route of a path below the mount point. */
export type FindRoute = (path: string) => NamedRoute | undefined;

/** Names the routes of an engine that is mounted below `prefix`. */
export const routeFinder = (routes: readonly MountedRoute[], prefix: string): FindRoute => {
  const entries = [...Map.groupBy(routes, ({ path }) => path)].map(([path, each]) => ({
    pattern: patternOf(`${prefix}${path}`, "/?$"),
    route: {
      name: `${prefix}${path}`,
      toOutcome: (each[0] as MountedRoute).toOutcome,
    },
  }));
  return (path) => entries.find(({ pattern }) => pattern.test(path))?.route;
};

/**
 * How the protocol tells of a failure that a path without a route seems to be of: `/v1/organizations` begins as Clerk's
 * do, `/recipe/session` as SuperTokens'. A client of that protocol can read nothing else.
 */
export const protocolFinder = (
  routes: readonly MountedRoute[],
  prefix: string,
): ((path: string) => MountedRoute["toOutcome"] | undefined) => {
  const entries = routes.map(({ path, toOutcome }) => {
    // Up to the first segment that has no parameter, which is what tells one protocol from another.
    const begin = /^(\/[^/]*:[^/]*)*\/[^/]*/.exec(path)?.[0] ?? path;
    return { pattern: patternOf(`${prefix}${begin}`, "(/|$)"), toOutcome };
  });
  return (path) => entries.find(({ pattern }) => pattern.test(path))?.toOutcome;
};

const patternOf = (path: string, end: string): RegExp =>
  new RegExp(`^${path.replaceAll(".", "\\.").replace(/:\w+/g, "[^/]+")}${end}`);
