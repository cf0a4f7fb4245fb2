import { invalidSetting } from "../../config/settings.ts";
import { type Source, usersOfPage } from "./source.ts";

const PAGE = 100;
/** Auth0's own limit on `GET /api/v2/users`. */
const MOST = 1000;
const FIELDS = "user_id,user_metadata,app_metadata,created_at,updated_at";

/** Auth0: the file of an export job or of the export extension, or the users of its Management API. */
export const auth0: Source = {
  maps: [
    "user_metadata → unsafeMetadata (users may write both), app_metadata → privateMetadata (it may hold secrets: move by hand what users may read)",
    "created_at → createdAt, updated_at → updatedAt and version",
  ],
  cannot: [
    "Actions that put metadata into tokens: write them as claims.template in usermeta.config.ts",
    `more than ${MOST} users by the API: make an export job with the fields user_id, user_metadata, app_metadata, created_at and updated_at, and give its file`,
  ],
  ids: ["user_id", "id"],
  metadata: { unsafeMetadata: ["user_metadata"], privateMetadata: ["app_metadata"] },
  createdAt: ["created_at"],
  updatedAt: ["updated_at"],
  lists: ["users"],
  noCsv: "Auth0 writes no whole metadata into CSV, and changes its texts. Export JSON instead.",
  api: {
    needsKey: true,
    headers: (key) => ({ authorization: `Bearer ${key}` }),
    async *users(ask) {
      for (let page = 0; page * PAGE < MOST; page += 1) {
        const query = `per_page=${PAGE}&page=${page}&sort=created_at:1&fields=${FIELDS}&include_fields=true`;
        const users = await usersOfPage(await ask(`/api/v2/users?${query}`), [], "Auth0");
        yield* users;
        if (users.length < PAGE) return;
      }
      throw invalidSetting(
        `Auth0's API lists ${MOST} users at most, and there may be more. Make an export job, and give its file.`,
      );
    },
  },
};
