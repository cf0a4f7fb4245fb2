import type { Author } from "../document/actor.ts";
import type { Engine } from "../engine.ts";
import type { Session } from "../sessions/session.ts";
import type { Outcome } from "../transport/outcome.ts";
import type { RequestView } from "../transport/request-view.ts";
import type { RoutePattern } from "./router.ts";

/** What a route tells of itself: enough to mount it, to document it, and to know who may call it. */
export interface RouteInfo extends RoutePattern {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** What a caller needs: a session, an admin key, or nothing. */
  readonly who: "session" | "admin" | "anyone";
  /** The media types it reads; none if it takes no body. */
  readonly reads: readonly string[];
  /** What it answers when all is well: `userMetadata`, `adminMetadata`, or another object; nothing with a 204. */
  readonly answers: "UserMetadata" | "AdminMetadata" | "object" | "nothing";
}

/** A route of an engine. */
export interface MountedRoute extends RouteInfo {
  /** An answer to a failure in the shape of the route's protocol: for what refuses requests before they come here. */
  readonly toOutcome: (failure: unknown) => Outcome;
}

/** A request that has been let through to a route. */
export interface RouteCall {
  readonly request: RequestView;
  /** Whose metadata it is about: the session's user, or on an admin route the `:userId` of the path; else `""`. */
  readonly userId: string;
  /** There on the routes of sessions. */
  readonly session: Session | undefined;
  /** Who is calling, and the reason that a write gives. */
  readonly author: Author;
  /** The parameters of the path, percent-decoded once. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** A row of a dialect's table. */
export interface Route extends RouteInfo {
  readonly handle: (call: RouteCall) => Outcome | Promise<Outcome>;
}

/**
 * One wire protocol over the documents: its routes, and how it tells of errors. An engine answers those of its
 * `dialects`, on every adapter.
 */
export interface Dialect {
  readonly name: string;
  /** The table of its routes. Two dialects of one engine must not share a path. */
  routes(engine: Engine): readonly Route[];
  /** An answer to a failure in the protocol's own shape; of one of 500 and above it has `error`. @default problem+json */
  readonly toOutcome?: (failure: unknown) => Outcome;
  /**
   * `"servlet"`: as Java's servers do, in any case, with any number of slashes at the beginning, and with neither HEAD nor
   * OPTIONS but by a row of its own.
   * @default paths as they are written, HEAD as GET, OPTIONS by itself
   */
  readonly routing?: "servlet" | undefined;
  /** Finds what the caller presents as an admin key. @default the credentials of `Authorization: Bearer` */
  readonly readAdminKey?: (request: RequestView) => string | undefined;
}
