import { UserMetadataError } from "../errors.ts";
import type { Outcome } from "./outcome.ts";

/** The reason phrases of RFC 9110 for the statuses in our table. */
const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  405: "Method Not Allowed",
  409: "Conflict",
  412: "Precondition Failed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  500: "Internal Server Error",
  503: "Service Unavailable",
  507: "Insufficient Storage",
};

/** Headers that a status asks for. */
const HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { "www-authenticate": "Bearer" },
  503: { "retry-after": "1" },
};

/**
 * The answer to a failure, as problem+json (RFC 9457). Of a failure of 500 and above the client learns the code
 * alone; the error itself is in `error`, for the framework's error channel.
 */
export const errorOutcome = (failure: unknown): Outcome => {
  const error = UserMetadataError.is(failure) ? failure : internal(failure);
  const { status, code, expose, details } = error;
  const detail = expose ? error.message : "The server could not answer. Its log says why.";
  const body = { title: TITLES[status], status, detail, code, ...(expose && details ? { details } : {}) };
  const allow = error.code === "method_not_allowed" ? { allow: (details as { allow: string[] }).allow.join(", ") } : {};
  return {
    status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...HEADERS[status], ...allow },
    body: JSON.stringify(body),
    ...(expose ? {} : { error }),
  };
};

const internal = (cause: unknown): UserMetadataError =>
  new UserMetadataError("internal_error", "Something unforeseen failed; the cause says what.", { cause });
