import { type Session, UserMetadataError } from "@usermeta/core";

const SESSION: unique symbol = Symbol.for("usermeta.session");

type SessionCarrier = Request & { [SESSION]?: Session | null };

/** Puts a session, or that there is none, where `getSession` finds it. */
export const attachSession = (request: Request, session: Session | undefined): void => {
  (request as SessionCarrier)[SESSION] = session ?? null;
};

/**
 * The session that `verifySession` found on this same `Request` object: a copy, such as `new Request(request)`, has none.
 * @throws UserMetadataError `session_middleware_missing`, and `session_missing` for an anonymous request
 */
export const getSession = (request: Request): Session => {
  const session = (request as SessionCarrier)[SESSION];
  if (session) return session;
  throw session === null
    ? new UserMetadataError(
        "session_missing",
        "This request has no session: its route lets anonymous requests through.",
      )
    : new UserMetadataError(
        "session_middleware_missing",
        "verifySession(metadata) has not seen this Request. Answer it inside the handler that it is given.",
      );
};
