import { type Change, type MetadataDocument, type Store, UserMetadataError } from "@usermeta/core";

/** Stores a note for a user for whom nothing is stored. */
export const insert = (userId: string, note = "hello"): Change => ({
  userId,
  expected: 0,
  next: {
    public: { note },
    private: {},
    unsafe: {},
    claims: [],
    version: 1,
    claimsVersion: 1,
    createdAt: 1,
    updatedAt: 1,
  },
});

/** What is stored; throws what a store answers in the place of a document. */
export const documentsIn = async (
  store: Store,
  userIds: readonly string[],
): Promise<readonly (MetadataDocument | undefined)[]> =>
  (await store.read(userIds)).map((answer) => {
    if (UserMetadataError.is(answer)) throw answer;
    return answer;
  });
