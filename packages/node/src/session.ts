import { attachSession as attach, getSession, type Session } from "@usermeta/core";

/** The key of what `attachSession` has put on the `session` of a request; any other is the app's. */
const PLACED = Symbol("usermeta.placed");

/**
 * Puts a session where `getSession` and the app find it. A `request.session` that is already there, such as that of
 * express-session, is left alone.
 *
 * @example
 * ```ts
 * import type { Session } from "@usermeta/core";
 * import { attachSession, getSession } from "@usermeta/node";
 *
 * const session: Session = {
 *   getUserId: () => "jane",
 *   getTenantId: () => "public",
 *   getHandle: () => "",
 *   getAccessTokenPayload: () => ({}),
 * };
 * const request: { session?: Session } = {};
 * attachSession(request, session);
 * console.log(getSession(request).getUserId(), request.session?.getUserId()); // jane jane
 * ```
 */
export const attachSession = (request: object, session: Session | undefined): void => {
  attach(request, session);
  // Not declared: what the property is belongs to whoever else puts a session there.
  const carrier: { session?: object; [PLACED]?: object } = request;
  if (!session || (carrier.session !== undefined && carrier.session !== carrier[PLACED])) return;
  carrier[PLACED] = session;
  carrier.session = session;
};

export { getSession };
