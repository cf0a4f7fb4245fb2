import { type Source, toList, toMs, toTier } from "./source.ts";

const PAGE = 500;

/** Clerk: the users of its Backend API, or a file of them. */
export const clerk: Source = {
  maps: [
    "public_metadata → publicMetadata, private_metadata → privateMetadata, unsafe_metadata → unsafeMetadata",
    "created_at → createdAt, updated_at → updatedAt and version",
  ],
  cannot: [
    "session token templates: write them as claims.template in usermeta.config.ts",
    "the dashboard's CSV export, which has no metadata: give https://api.clerk.com and its secret key instead",
  ],
  reads: ["id", "public_metadata", "private_metadata", "unsafe_metadata", "created_at", "updated_at"],
  toUser: (user) => ({
    userId: user.id,
    publicMetadata: toTier(user.public_metadata),
    privateMetadata: toTier(user.private_metadata),
    unsafeMetadata: toTier(user.unsafe_metadata),
    createdAt: toMs(user.created_at),
    updatedAt: toMs(user.updated_at),
  }),
  headers: (key) => ({ authorization: `Bearer ${key}` }),
  async *users(ask) {
    for (let offset = 0; ; offset += PAGE) {
      // Oldest first, so that a user who signs up meanwhile moves nobody to another page.
      const path = `/v1/users?limit=${PAGE}&offset=${offset}&order_by=%2Bcreated_at`;
      const users = toList(await ask(path), "Clerk");
      yield* users;
      if (users.length < PAGE) return;
    }
  },
};
