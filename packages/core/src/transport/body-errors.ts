/** What can befall a body before it is JSON: told in the same words by every adapter. */
import { UserMetadataError } from "../errors.ts";

/** More bytes than the engine's `maxBodyBytes`. */
export const bodyTooLarge = (maxBytes: number): UserMetadataError =>
  new UserMetadataError(
    "body_too_large",
    `The body has more than ${maxBytes} bytes. Send less, or raise limits.maxBodyBytes.`,
    {
      details: { maxBytes },
    },
  );

/** The connection ended within the body. */
export const requestAborted = (cause?: unknown): UserMetadataError =>
  new UserMetadataError("request_aborted", "The client went away within its body. Nothing was written.", {
    cause,
  });

/** The stream has been consumed, and nothing of it was left on the request. */
export const bodyAlreadyRead = (): UserMetadataError =>
  new UserMetadataError(
    "body_already_read",
    "Something has read the body and left nothing of it. Mount usermeta before it, or let it leave request.body.",
  );
