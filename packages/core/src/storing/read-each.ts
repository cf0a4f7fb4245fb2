import { EMPTY_DOCUMENT, type MetadataDocument } from "../document/document.ts";
import { UserMetadataError } from "../errors.ts";
import type { Store } from "./store.ts";

/** A failure of a store as callers see it: one without a code of its own is `store_unavailable`. */
export const toStoreError = (cause: unknown): UserMetadataError =>
  UserMetadataError.is(cause)
    ? cause
    : new UserMetadataError("store_unavailable", "The store failed. Check its database; see the cause.", {
        cause,
      });

/** A store that has not answered in time. */
export const hanging = (): UserMetadataError =>
  new UserMetadataError("store_unavailable", "The store does not answer. Look at its database.");

/**
 * Reads many users at once; each gets a document or an error of its own. A row that cannot be read is the trouble of
 * its own user, not of those who were read with it.
 */
export const readEach = async (
  store: Pick<Store, "read">,
  userIds: readonly string[],
): Promise<readonly (MetadataDocument | UserMetadataError)[]> => {
  try {
    const documents = await store.read(userIds);
    return userIds.map((_, index) => documents[index] ?? EMPTY_DOCUMENT);
  } catch (cause) {
    const error = toStoreError(cause);
    if (error.code !== "store_corrupt" || userIds.length === 1) return userIds.map(() => error);
    return (await Promise.all(userIds.map((userId) => readEach(store, [userId])))).flat();
  }
};
