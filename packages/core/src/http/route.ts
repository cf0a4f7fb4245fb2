import type { Session } from "../session.ts";
import type { MediaType } from "./body.ts";
import type { Outcome } from "./outcome.ts";
import type { RequestView } from "./request-view.ts";
import type { RoutePattern } from "./router.ts";

/** What a route tells of itself: enough to mount it, to document it, and to know who may call it. */
export interface RouteInfo extends RoutePattern {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** What a caller needs: a session, an admin key, or nothing. */
  readonly who: "session" | "admin" | "anyone";
  /** The media types it reads; none where it takes no body. */
  readonly reads: readonly MediaType[];
  /** What it answers when all is well: `userMetadata`, `adminMetadata`, or another object; nothing with a 204. */
  readonly answers: "UserMetadata" | "AdminMetadata" | "object" | "nothing";
}

/** A request that has been let through to a route. */
export interface RouteCall {
  readonly request: RequestView;
  /** Whose metadata it is about: the session's user, or on an admin route the one in the path. */
  readonly userId: string;
  /** There on the routes of sessions. */
  readonly session: Session | undefined;
}

/** A row of a dialect's table. */
export interface Route extends RouteInfo {
  readonly handle: (call: RouteCall) => Outcome | Promise<Outcome>;
}
