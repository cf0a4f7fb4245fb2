import { UserMetadataError } from "./errors.ts";
import type { RequestView } from "./http/request-view.ts";
import type { Session, SessionVerifier } from "./session.ts";

/** Whether a request may come without a session. */
export interface VerifySessionOptions {
  /** `false` lets a request without credentials through; bad credentials are refused all the same. @default true */
  readonly required?: boolean;
}

/** Finds the session of a request. @throws UserMetadataError `session_missing`, and what its verifiers throw */
export interface VerifySession {
  (request: RequestView, options?: { readonly required?: true }): Promise<Session>;
  (request: RequestView, options: VerifySessionOptions): Promise<Session | undefined>;
}

/** Tries the verifiers in order: the first session counts; where none has one, the first failure does. */
export const createVerifySession = (verifiers: readonly SessionVerifier[]): VerifySession => {
  const find = async (request: RequestView): Promise<Session | undefined> => {
    let failure: { error: unknown } | undefined;
    for (const verifier of verifiers) {
      try {
        const session = await verifier(request);
        if (session) return session;
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure) throw failure.error;
    return undefined;
  };
  const verify = async (
    request: RequestView,
    options: VerifySessionOptions = {},
  ): Promise<Session | undefined> => {
    const session = await find(request);
    if (session === undefined && options.required !== false) throw missing();
    return session;
  };
  return verify as VerifySession;
};

const missing = (): UserMetadataError =>
  new UserMetadataError("session_missing", "This route needs a session. Send Authorization: Bearer <token>.");
