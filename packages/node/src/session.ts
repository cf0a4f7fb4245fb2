import { type Session, UserMetadataError } from "@usermeta/core";

const SESSION: unique symbol = Symbol.for("usermeta.session");

/** A request, or what a framework has in its place, that may carry a session. */
export type SessionCarrier = object & { session?: Session; [SESSION]?: Session | null };

/**
 * Puts a session where `getSession` and the app find it. A `request.session` that is already there, of express-session
 * say, is left alone.
 */
export const attachSession = (request: SessionCarrier, session: Session | undefined): void => {
  const placed = request.session === undefined || request.session === request[SESSION];
  request[SESSION] = session ?? null;
  if (session && placed) request.session = session;
};

/**
 * The session that `verifySession` found on a request.
 * @throws UserMetadataError `session_middleware_missing`, and `session_missing` for an anonymous request
 */
export const getSession = (request: object): Session => {
  const session = (request as SessionCarrier)[SESSION];
  if (session) return session;
  throw session === null
    ? new UserMetadataError(
        "session_missing",
        "This request has no session: its route lets anonymous requests through.",
      )
    : new UserMetadataError(
        "session_middleware_missing",
        "verifySession(metadata) has not run on this route. Put it before the handler.",
      );
};
