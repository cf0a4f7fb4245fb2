/** What can befall a body before it is JSON: told in the same words by every adapter. */
import { UserMetadataError } from "../errors.ts";

/**
 * More bytes than the engine's `maxBodyBytes`.
 *
 * @example
 * ```ts
 * import { bodyTooLarge } from "@usermeta/core";
 *
 * const { status, code, details } = bodyTooLarge(131_072);
 * console.log(status, code, details); // 413 body_too_large { maxBytes: 131072 }
 * ```
 */
export const bodyTooLarge = (maxBytes: number): UserMetadataError =>
  new UserMetadataError(
    "body_too_large",
    `The body has more than ${maxBytes} bytes. Send less, or raise limits.maxBodyBytes.`,
    {
      details: { maxBytes },
    },
  );

/**
 * The connection ended before the answer: within the body, or while the write waited.
 *
 * @example
 * ```ts
 * import { requestAborted } from "@usermeta/core";
 *
 * const { status, code } = requestAborted(new Error("ECONNRESET"));
 * console.log(status, code); // 400 request_aborted
 * ```
 */
export const requestAborted = (cause?: unknown): UserMetadataError =>
  new UserMetadataError(
    "request_aborted",
    "The client went away. Its write was given up, unless it was under way to the store.",
    { cause },
  );

/**
 * The stream has been consumed, and nothing of it was left on the request.
 *
 * @example
 * ```ts
 * import { bodyAlreadyRead } from "@usermeta/core";
 *
 * const { status, code } = bodyAlreadyRead();
 * console.log(status, code); // 500 body_already_read
 * ```
 */
export const bodyAlreadyRead = (): UserMetadataError =>
  new UserMetadataError(
    "body_already_read",
    "Something has read the body and left nothing of it. Mount usermeta before it, or let it leave request.body.",
  );
