import type { JsonObject } from "@usermeta/core";
import { type Source, toList, toMs, toTier } from "./source.ts";

const PAGE = 1000;

/** Supabase: the users of its Auth admin API, or rows of `auth.users` as JSON. */
export const supabase: Source = {
  maps: [
    "user_metadata (raw_user_meta_data) → unsafeMetadata: users may write both",
    "app_metadata (raw_app_meta_data) → publicMetadata: users read both, and only the server writes",
    "created_at → createdAt, updated_at → updatedAt and version",
  ],
  cannot: [
    "policies and functions that read the metadata from auth.jwt(): flag keys with claims, or write claims.template",
    "CSV: export rows as JSON, with psql -Atc 'select row_to_json(u) from auth.users u'",
  ],
  reads: [
    "id",
    "user_metadata",
    "raw_user_meta_data",
    "app_metadata",
    "raw_app_meta_data",
    "created_at",
    "updated_at",
  ],
  toUser: (user) => ({
    userId: user.id,
    publicMetadata: toTier(user.app_metadata ?? user.raw_app_meta_data),
    privateMetadata: {},
    unsafeMetadata: toTier(user.user_metadata ?? user.raw_user_meta_data),
    createdAt: toMs(user.created_at),
    updatedAt: toMs(user.updated_at),
  }),
  headers: (key) => ({ apikey: key, authorization: `Bearer ${key}` }),
  async *users(ask) {
    for (let page = 1; ; page += 1) {
      const answer = (await ask(`/auth/v1/admin/users?page=${page}&per_page=${PAGE}`)) as JsonObject;
      const users = toList(answer.users, "Supabase");
      yield* users;
      if (users.length < PAGE) return;
    }
  },
};
