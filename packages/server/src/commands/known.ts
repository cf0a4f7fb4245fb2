import { type UserMetadataEngine, UserMetadataError } from "@usermeta/core";

/** Whether metadata or a history is there for a user. */
export const isKnown = async (metadata: UserMetadataEngine, userId: string): Promise<boolean> =>
  (await isStored(metadata, userId)) || (await metadata.history(userId, { limit: 1 })).entries.length > 0;

/** What cannot be read is stored. */
const isStored = async (metadata: UserMetadataEngine, userId: string): Promise<boolean> => {
  try {
    return (await metadata.getUserMetadata(userId)).version > 0;
  } catch (error) {
    if (UserMetadataError.is(error) && error.code === "document_corrupt") return true;
    throw error;
  }
};

/** @throws UserMetadataError `user_not_found` if nothing is known of a user */
export const checkKnown = async (metadata: UserMetadataEngine, userId: string): Promise<void> => {
  if (!(await isKnown(metadata, userId))) throw nobody();
};

/** Nothing is known of a user. */
export const nobody = (): UserMetadataError =>
  new UserMetadataError(
    "user_not_found",
    "Nothing is stored for a user with this id. Check the id, or write first.",
  );
