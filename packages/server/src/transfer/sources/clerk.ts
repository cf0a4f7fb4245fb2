import { type Source, usersOfPage } from "./source.ts";

const PAGE = 500;

/** Clerk: the users of its Backend API, or a file of them as the API, the SDKs or the CLI write them. */
export const clerk: Source = {
  maps: [
    "public_metadata → publicMetadata, private_metadata → privateMetadata, unsafe_metadata → unsafeMetadata",
    "created_at → createdAt, updated_at → updatedAt and version",
  ],
  cannot: [
    "session token templates: write them as claims.template in usermeta.config.ts",
    "the dashboard's CSV export, which has no metadata: give https://api.clerk.com and its secret key instead",
  ],
  ids: ["id", "user_id"],
  metadata: {
    publicMetadata: ["public_metadata"],
    privateMetadata: ["private_metadata"],
    unsafeMetadata: ["unsafe_metadata"],
  },
  createdAt: ["created_at"],
  updatedAt: ["updated_at"],
  lists: ["data", "users"],
  api: {
    needsKey: true,
    headers: (key) => ({ authorization: `Bearer ${key}` }),
    async *users(ask) {
      for (let offset = 0; ; offset += PAGE) {
        // Oldest first, so that a user who signs up meanwhile moves nobody to another page.
        const path = `/v1/users?limit=${PAGE}&offset=${offset}&order_by=%2Bcreated_at`;
        const users = await usersOfPage(await ask(path), [], "Clerk");
        yield* users;
        if (users.length < PAGE) return;
      }
    },
  },
};
