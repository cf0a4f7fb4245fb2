import { UserMetadataError } from "../errors.ts";
import type { Outcome } from "../transport/outcome.ts";

/** Headers that a status asks for. */
const HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { "www-authenticate": "Bearer" },
};

/**
 * The answer to a failure, as problem+json (RFC 9457). Of a failure of 500 and above the client learns the code
 * alone; the error itself is in `error`, for the framework's error channel.
 *
 * @example
 * ```ts
 * import { createUserMetadata, errorOutcome, memoryStore } from "@usermeta/core";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * try {
 *   await metadata.updateUserMetadata("", { publicMetadata: { plan: "pro" } });
 * } catch (error) {
 *   const { status, body } = errorOutcome(error);
 *   console.log(status, body); // 400 …"code":"user_id_invalid"…
 * }
 * ```
 */
export const errorOutcome = (failure: unknown): Outcome => {
  const error = UserMetadataError.is(failure) ? failure : internal(failure);
  const { status, code, expose, details } = error;
  const detail = expose ? error.message : "The server failed; its log says why.";
  const type = `urn:usermeta:error:${code}`;
  const problem = { type, status, detail, code, ...(expose && details ? { details } : {}) };
  const own = expose ? error.body : undefined;
  const allow =
    error.code === "method_not_allowed" ? { allow: (details as { allow: string[] }).allow.join(", ") } : {};
  return {
    status,
    headers: {
      "content-type": own ? "application/json" : "application/problem+json",
      "cache-control": "no-store",
      ...HEADERS[status],
      ...error.headers,
      ...allow,
    },
    body: JSON.stringify(own ?? problem),
    ...(expose ? {} : { error }),
  };
};

const internal = (cause: unknown): UserMetadataError =>
  new UserMetadataError("internal_error", "Something unforeseen failed; see the cause.", { cause });
