import { attachSession as attach, getSession, type Session } from "@usermeta/core";

/** A request of Node or of a framework, which may carry a session. */
export type SessionCarrier = object & { session?: Session };

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
export const attachSession = (request: SessionCarrier, session: Session | undefined): void => {
  attach(request, session);
  if (!session || (request.session !== undefined && !placed.has(request.session))) return;
  placed.add(session);
  request.session = session;
};

export { getSession };
