import { UserMetadataError } from "@usermeta/core";
import { type Source, toList, toMs, toTier } from "./source.ts";

const PAGE = 100;
/** Auth0's own limit on `GET /api/v2/users`. */
const MOST = 1000;

/** Auth0: a job's export, or the users of its Management API. */
export const auth0: Source = {
  maps: [
    "user_metadata → unsafeMetadata (users may write both), app_metadata → privateMetadata (it may hold secrets: move by hand what users may read)",
    "created_at → createdAt, updated_at → updatedAt and version",
  ],
  cannot: [
    "Actions that put metadata into tokens: write them as claims.template in usermeta.config.ts",
    `more than ${MOST} users by the API: make an export job with the fields user_id, user_metadata, app_metadata, created_at and updated_at, and give its file`,
  ],
  reads: ["user_id", "user_metadata", "app_metadata", "created_at", "updated_at"],
  toUser: (user) => ({
    userId: user.user_id,
    publicMetadata: {},
    privateMetadata: toTier(user.app_metadata),
    unsafeMetadata: toTier(user.user_metadata),
    createdAt: toMs(user.created_at),
    updatedAt: toMs(user.updated_at),
  }),
  headers: (key) => ({ authorization: `Bearer ${key}` }),
  async *users(ask) {
    const fields = "user_id,user_metadata,app_metadata,created_at,updated_at";
    for (let page = 0; page * PAGE < MOST; page += 1) {
      const query = `per_page=${PAGE}&page=${page}&sort=created_at:1&fields=${fields}&include_fields=true`;
      const users = toList(await ask(`/api/v2/users?${query}`), "Auth0");
      yield* users;
      if (users.length < PAGE) return;
    }
    throw new UserMetadataError(
      "options_invalid",
      `Auth0's API lists ${MOST} users at most, and there may be more. Make an export job, and give its file.`,
    );
  },
};
