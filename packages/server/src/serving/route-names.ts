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
    pattern: new RegExp(`^${`${prefix}${path}`.replaceAll(".", "\\.").replace(/:\w+/g, "[^/]+")}/?$`),
    route: {
      name: `${prefix}${path}`,
      toOutcome: (each[0] as MountedRoute).toOutcome,
    },
  }));
  return (path) => entries.find(({ pattern }) => pattern.test(path))?.route;
};
