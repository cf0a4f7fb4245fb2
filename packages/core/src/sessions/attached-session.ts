import { UserMetadataError } from "../errors.ts";
import type { Session } from "./session.ts";
import type { SessionRequired, VerifySessionOptions } from "./verify-session.ts";

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
 * The session that `verifySession` found on a request. On a route that lets anonymous requests through, ask for it with
 * the guard's own option: `getSession(request, { required: false })` is `undefined` for such a request.
 * @throws UserMetadataError `session_middleware_missing`, and `session_missing` for an anonymous request
 *
 * @example
 * ```ts
 * import { attachSession, getSession } from "@usermeta/core";
 *
 * const request = {};
 * attachSession(request, undefined);
 * console.log(getSession(request, { required: false })); // undefined
 * try {
 *   getSession(request);
 * } catch (error) {
 *   console.log(String(error)); // …This request is anonymous, as its route allows.
 * }
 * ```
 */
export function getSession(request: object, options?: Pick<SessionRequired, "required">): Session;
/** With `{ required: false }`, what an anonymous request has is `undefined`. */
export function getSession(
  request: object,
  options: Pick<VerifySessionOptions, "required">,
): Session | undefined;
export function getSession(
  request: object,
  options: Pick<VerifySessionOptions, "required"> = {},
): Session | undefined {
  const session = (request as Carrier)[SESSION];
  if (session) return session;
  if (session === null && options.required === false) return undefined;
  throw session === null
    ? new UserMetadataError("session_missing", "This request is anonymous, as its route allows.")
    : new UserMetadataError(
        "session_middleware_missing",
        "verifySession(metadata) has not run for this request. Put it before the handler.",
      );
}
