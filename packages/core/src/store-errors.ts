import { UserMetadataError } from "./errors.ts";

/** A failure of a store as callers see it: one without a code of its own is `store_unavailable`. */
export const toStoreError = (cause: unknown): UserMetadataError =>
  UserMetadataError.is(cause)
    ? cause
    : new UserMetadataError(
        "store_unavailable",
        "The store failed. Check its database; the cause says more.",
        {
          cause,
        },
      );
