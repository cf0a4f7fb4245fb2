import { type Source, usersOfPage } from "./source.ts";

const PAGE = 1000;

/** Supabase: the users of its Auth admin API, or rows of `auth.users` as JSON or CSV. */
export const supabase: Source = {
  maps: [
    "user_metadata (raw_user_meta_data) → unsafeMetadata: users may write both",
    "app_metadata (raw_app_meta_data) → publicMetadata: users read both, and only the server writes",
    "created_at → createdAt, updated_at → updatedAt and version",
  ],
  cannot: [
    "policies and functions that read the metadata from auth.jwt(): flag keys with claims, or write claims.template",
  ],
  ids: ["id"],
  metadata: {
    publicMetadata: ["app_metadata", "raw_app_meta_data"],
    unsafeMetadata: ["user_metadata", "raw_user_meta_data"],
  },
  createdAt: ["created_at"],
  updatedAt: ["updated_at"],
  lists: ["users"],
  api: {
    needsKey: true,
    headers: (key) => ({ apikey: key, authorization: `Bearer ${key}` }),
    async *users(ask) {
      for (let page = 1; ; page += 1) {
        const answer = await ask(`/auth/v1/admin/users?page=${page}&per_page=${PAGE}`);
        const users = await usersOfPage(answer, ["users"], "Supabase");
        yield* users;
        if (users.length < PAGE) return;
      }
    },
  },
};
