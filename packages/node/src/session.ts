import { attachSession as attach, getSession, type Session } from "@usermeta/core";

/** A request, or what a framework has in its place, that may carry a session. */
export type SessionCarrier = object & { session?: Session };

/** The sessions that were put on `request.session` here, and not by the app. */
const placed = new WeakSet<object>();

/**
 * Puts a session where `getSession` and the app find it. A `request.session` that is already there, of express-session
 * say, is left alone.
 */
export const attachSession = (request: SessionCarrier, session: Session | undefined): void => {
  attach(request, session);
  if (!session || (request.session !== undefined && !placed.has(request.session))) return;
  placed.add(session);
  request.session = session;
};

export { getSession };
