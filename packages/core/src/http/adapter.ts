/** What adapters would else each have again: a mount point, and a session on whatever a framework has for a request. */
import { invalidOption, UserMetadataError } from "../errors.ts";
import type { Session } from "../session.ts";
import type { Handler } from "./handler.ts";

/**
 * The routes below a path, for frameworks that leave the mount point in the path: `"/auth"` answers `/auth/metadata`
 * and nothing else. A slash at its end does not matter.
 * @throws UserMetadataError `options_invalid` for a prefix that is no path
 */
export const mountAt = (metadata: { readonly handle: Handler }, prefix: string): Handler => {
  const base = prefix.replace(/\/+$/, "");
  if (!/^(\/[^?#]*)?$/.test(base))
    throw invalidOption(`The prefix ${JSON.stringify(prefix)} is no path; begin it with /`);
  return async (request) => {
    if (!request.path.startsWith(`${base}/`)) return undefined;
    const { method, query } = request;
    return metadata.handle({
      method,
      path: request.path.slice(base.length),
      query,
      header: (name) => request.header(name),
      body: (maxBytes) => request.body(maxBytes),
    });
  };
};

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
