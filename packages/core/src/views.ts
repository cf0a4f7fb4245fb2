import type { MetadataDocument } from "./document.ts";
import type { TierTypes, UserMetadata } from "./types.ts";

type UserView = Omit<UserMetadata, "privateMetadata" | "claims">;
type AdminView = Pick<UserMetadata, keyof UserMetadata>;

/** What a user sees of a document; a document that is not there has null times. */
export const toUserView = (userId: string, document: MetadataDocument): UserView => ({
  userId,
  publicMetadata: document.public,
  unsafeMetadata: document.unsafe,
  version: document.version,
  createdAt: document.version === 0 ? null : document.createdAt,
  updatedAt: document.version === 0 ? null : document.updatedAt,
});

/** What a server sees of it. */
export const toAdminView = (userId: string, document: MetadataDocument): AdminView => ({
  ...toUserView(userId, document),
  privateMetadata: document.private,
  claims: document.claims,
});

/** A copy for server code, whose private part is not enumerable. */
export const toUserMetadata = <T extends TierTypes>(
  userId: string,
  document: MetadataDocument,
): UserMetadata<T> => {
  const { privateMetadata, claims, ...shown } = structuredClone(toAdminView(userId, document));
  return Object.defineProperties(shown, {
    privateMetadata: { value: privateMetadata },
    claims: { value: claims },
  }) as object as UserMetadata<T>;
};
