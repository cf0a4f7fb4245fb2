import { UserMetadataError } from "../errors.ts";
import type { Session } from "./session.ts";

const SESSION: unique symbol = Symbol.for("usermeta.session");

type Carrier = { [SESSION]?: Session | null };

/** Puts a session, or that there is none, where `getSession` finds it. */
export const attachSession = (request: object, session: Session | undefined): void => {
  (request as Carrier)[SESSION] = session ?? null;
};

/**
 * The session that `verifySession` found on a request.
 * @throws UserMetadataError `session_middleware_missing`, and `session_missing` for an anonymous request
 */
export const getSession = (request: object): Session => {
  const session = (request as Carrier)[SESSION];
  if (session) return session;
  throw session === null
    ? new UserMetadataError("session_missing", "This request is anonymous, as its route allows.")
    : new UserMetadataError(
        "session_middleware_missing",
        "verifySession(metadata) has not run for this request. Put it before the handler.",
      );
};
