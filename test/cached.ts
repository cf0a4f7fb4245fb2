/** An engine with a cache over a store, for the tests of stores. */
import { createUserMetadata, type Store, type UserMetadataEngine } from "@usermeta/core";
import { onTestFinished } from "vitest";

/** The engine, and the users whom it has read from the store; it is closed after the test. */
export const cached = (inner: Store, maxUsers: number): { metadata: UserMetadataEngine; reads: string[] } => {
  const reads: string[] = [];
  const store: Store = {
    ...inner,
    read: (userIds) => {
      reads.push(...userIds);
      return inner.read(userIds);
    },
  };
  const metadata = createUserMetadata({ store, cache: { maxUsers } });
  onTestFinished(() => metadata.close());
  return { metadata, reads };
};

/** The note in a user's public metadata. */
export const noteOf = async (metadata: UserMetadataEngine, userId = "ada"): Promise<unknown> =>
  (await metadata.getUserMetadata(userId)).publicMetadata.note;

/** Writes it. */
export const setNote = async (metadata: UserMetadataEngine, note: string): Promise<void> => {
  await metadata.updateUserMetadata("ada", { publicMetadata: { note } });
};
