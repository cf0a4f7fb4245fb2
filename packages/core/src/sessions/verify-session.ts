import { kind } from "../document/json.ts";
import { invalidOption, UserMetadataError } from "../errors.ts";
import type { RequestView } from "../transport/request-view.ts";
import { checkFresh } from "./fresh.ts";
import type { Session, SessionVerifier } from "./session.ts";

/** Whether a request may come without a session. */
export interface VerifySessionOptions {
  /** `false` lets a request without credentials through; bad credentials are refused anyway. @default true */
  readonly required?: boolean | undefined;
  /**
   * Refuses a token whose claims have changed since: its `metadataVersion` is not the document's `claimsVersion`. Costs a read.
   * @default false
   */
  readonly fresh?: boolean | undefined;
}

/** The options of a route that no anonymous request reaches. */
export type SessionRequired = VerifySessionOptions & { readonly required?: true | undefined };

/** Finds the session of a request. @throws UserMetadataError `session_missing`, `token_stale`, and what its verifiers throw */
export interface VerifySession {
  (request: RequestView, options?: SessionRequired): Promise<Session>;
  (request: RequestView, options: VerifySessionOptions): Promise<Session | undefined>;
}

/**
 * Tries the verifiers in order: the first session counts; if none has one, the first failure does. A
 * `session_missing` is how a verifier says "no credentials" in words of its own.
 */
export const createVerifySession = (
  verifiers: readonly SessionVerifier[],
  readVersion: (userId: string) => Promise<number>,
  onRefused?: (error: unknown) => void,
): VerifySession => {
  for (const verifier of verifiers)
    if (typeof verifier !== "function")
      throw invalidOption(
        `sessions has ${kind(verifier)}; pass what jwtSessions({ … }) returns, or a list of such`,
      );
  const find = async (request: RequestView, required = true): Promise<Session | undefined> => {
    let failure: { error: unknown } | undefined;
    let absent: unknown;
    for (const verifier of verifiers) {
      try {
        const session = await verifier(request);
        if (session) return session;
      } catch (error) {
        if (UserMetadataError.is(error) && error.code === "session_missing") absent ??= error;
        else failure ??= { error };
      }
    }
    if (failure) {
      onRefused?.(failure.error);
      throw failure.error;
    }
    if (required) throw absent ?? missing(verifiers.length > 0 ? undefined : request);
    return undefined;
  };
  const findFresh = async (
    request: RequestView,
    required: boolean | undefined,
  ): Promise<Session | undefined> => {
    const session = await find(request, required);
    if (!session) return undefined;
    await checkFresh(session, readVersion);
    return session;
  };
  const verify = (request: RequestView, { required, fresh }: VerifySessionOptions = {}) =>
    (fresh ? findFresh : find)(request, required);
  return verify as VerifySession;
};

/** `unread` is a request that nobody reads, as there is no verifier: its credentials may be good. */
const missing = (unread: RequestView | undefined): UserMetadataError =>
  (unread?.header("authorization") ?? unread?.header("cookie"))
    ? new UserMetadataError(
        "sessions_unconfigured",
        "This server accepts no sessions. Give createUserMetadata its option sessions, as jwtSessions({ … }).",
      )
    : new UserMetadataError(
        "session_missing",
        "This route needs a session. Send Authorization: Bearer <token>.",
      );
