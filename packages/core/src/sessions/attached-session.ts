import { UserMetadataError } from "../errors.ts";
import type { Session } from "./session.ts";

const SESSION: unique symbol = Symbol.for("usermeta.session");

type Carrier = { [SESSION]?: Session | null };

/**
 * Puts a session, or that there is none, where `getSession` finds it.
 *
 * @example
 * ```ts
 * import { attachSession, createUserMetadata, getSession, jwtSessions, memoryStore, tokenIssuer } from "@usermeta/core";
 * import { toRequestView } from "@usermeta/fetch";
 *
 * const issuer = tokenIssuer({ issuer: "https://app.test", audience: "app" });
 * const sessions = jwtSessions({ issuer: "https://app.test", audience: "app", keys: issuer.jwks });
 * const metadata = createUserMetadata({ store: memoryStore(), sessions, issuer });
 * const headers = { authorization: `Bearer ${await metadata.issueToken("jane")}` };
 * const request = new Request("https://app.test/todos", { headers });
 *
 * attachSession(request, await metadata.verifySession(toRequestView(request)));
 * console.log(getSession(request).getUserId()); // jane
 * ```
 */
export const attachSession = (request: object, session: Session | undefined): void => {
  (request as Carrier)[SESSION] = session ?? null;
};

/**
 * The session that `verifySession` found on a request.
 * @throws UserMetadataError `session_middleware_missing`, and `session_missing` for an anonymous request
 *
 * @example
 * ```ts
 * import { attachSession, getSession } from "@usermeta/core";
 *
 * const request = {};
 * attachSession(request, undefined);
 * try {
 *   getSession(request);
 * } catch (error) {
 *   console.log(String(error)); // …This request is anonymous, as its route allows.
 * }
 * ```
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
