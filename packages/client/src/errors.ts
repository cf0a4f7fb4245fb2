import type { ErrorCode, ErrorDetails } from "@usermeta/core";

/** What can go wrong on this side, if no server of ours has said anything. */
export type OwnErrorCode =
  | "aborted"
  | "answer_unexpected"
  | "network_failed"
  | "token_unavailable"
  | "url_refused"
  | "user_changed";

/** The codes of the server, and this package's own. */
export type ClientErrorCode = ErrorCode | OwnErrorCode;

type DetailsOf<C extends ClientErrorCode> = C extends keyof ErrorDetails ? ErrorDetails[C] : undefined;

/** What a `MetadataClientError` is made of beside its code and message. */
export interface MetadataClientErrorOptions {
  readonly status?: number | undefined;
  readonly details?: unknown;
  readonly cause?: unknown;
  readonly outcomeUnknown?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** The one error of this package. The message says what happened, and what to do next. */
export class MetadataClientError<C extends ClientErrorCode = ClientErrorCode> extends Error {
  readonly code: C;
  /** The status of the answer; 0 if there was none. */
  readonly status: number;
  /** As the server's problem+json has them. */
  readonly details: DetailsOf<C>;
  /** Whether a write may have been stored anyway: the connection broke before its answer came. */
  readonly outcomeUnknown: boolean;
  /** How long a busy server asks to be left alone, in ms, if it says so. */
  readonly retryAfterMs: number | undefined;

  constructor(code: C, message: string, options: MetadataClientErrorOptions = {}) {
    super(message, options);
    this.name = "MetadataClientError";
    this.code = code;
    this.status = options.status ?? 0;
    this.details = options.details as DetailsOf<C>;
    this.outcomeUnknown = options.outcomeUnknown ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Whether a value is one of these errors, of that code if one is given; its `details` then have their type. */
  static is<C extends ClientErrorCode>(error: unknown, code?: C): error is MetadataClientError<C> {
    return error instanceof MetadataClientError && (code === undefined || error.code === code);
  }
}

/**
 * The code of a refusal. A 401 without one is in the words of the app's sign-in: nobody is signed in, or, as
 * SuperTokens says it, the token has expired.
 */
export const codeOf = (status: number, json: unknown): string | undefined => {
  const { code, message } = Object(json) as Readonly<Record<string, unknown>>;
  if (typeof code === "string") return code;
  if (status !== 401) return undefined;
  return message === "try refresh token" ? "token_expired" : "session_missing";
};
