import { attachSession as attach, getSession, type Session } from "@usermeta/core";

/** The sessions that `attachSession` has put on `request.session`; any other is the app's. */
const placed = new WeakSet<object>();

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
  const carrier: { session?: object } = request;
  if (!session || (carrier.session !== undefined && !placed.has(carrier.session))) return;
  placed.add(session);
  carrier.session = session;
};

export { getSession };
