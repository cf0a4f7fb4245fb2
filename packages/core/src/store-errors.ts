import { UserMetadataError } from "./errors.ts";
import type { Store } from "./store.ts";

/** A store whose failures all have a code: one that it did not give itself is `store_unavailable`. */
export const tellStoreErrors = (store: Store): Store => ({
  read: async (userIds) => {
    try {
      return await store.read(userIds);
    } catch (error) {
      throw toStoreError(error);
    }
  },
  write: async (changes) => {
    try {
      return await store.write(changes);
    } catch (error) {
      throw toStoreError(error);
    }
  },
  close: async () => store.close?.(),
});

const toStoreError = (cause: unknown): UserMetadataError =>
  UserMetadataError.is(cause)
    ? cause
    : new UserMetadataError("store_unavailable", "The store failed; the cause says how. Check that its database answers.", { cause });
