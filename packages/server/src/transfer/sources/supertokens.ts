import type { JsonObject, JsonValue } from "@usermeta/core";
import { parseExact } from "../record.ts";
import { type Ask, type Source, toList, toMs, toTier } from "./source.ts";

const PAGE = 500;
/** How many users' metadata is asked for at once; only new cores have a bulk. */
const AT_ONCE = 20;

/** SuperTokens: a core by its URL, its bulk-import format, or rows of its table `user_metadata` as JSON. */
export const supertokens: Source = {
  maps: ["metadata (userMetadata, user_metadata) → privateMetadata, where the supertokens dialect reads it"],
  cannot: [
    "times of writes, which SuperTokens does not keep: version is 1, createdAt and updatedAt are when the user joined, or 0",
    "by a core's URL, metadata of ids that are not users of its recipes: export the table user_metadata with psql -Atc 'select row_to_json(m) from user_metadata m'",
  ],
  reads: [
    "userId",
    "user_id",
    "externalUserId",
    "metadata",
    "userMetadata",
    "user_metadata",
    "timeJoined",
    "app_id",
  ],
  toUser: (user) => {
    const metadata = user.metadata ?? user.userMetadata ?? user.user_metadata;
    const joined = toMs(user.timeJoined);
    return {
      userId: user.userId ?? user.user_id ?? user.externalUserId,
      publicMetadata: {},
      // The table holds it as text.
      privateMetadata: toTier(typeof metadata === "string" ? parseExact(metadata) : metadata),
      unsafeMetadata: {},
      createdAt: joined,
      updatedAt: joined,
    };
  },
  headers: (key) => ({ "api-key": key }),
  async *users(ask) {
    let token = "";
    do {
      const page = (await ask(`/users?limit=${PAGE}${token}`)) as JsonObject;
      const users = toList(page.users, "SuperTokens") as readonly JsonObject[];
      for (let at = 0; at < users.length; at += AT_ONCE)
        yield* await Promise.all(users.slice(at, at + AT_ONCE).map((user) => withMetadata(ask, user)));
      const { nextPaginationToken: next } = page;
      token = typeof next === "string" ? `&paginationToken=${encodeURIComponent(next)}` : "";
    } while (token !== "");
  },
};

const withMetadata = async (ask: Ask, { id = null, timeJoined = null }: JsonObject): Promise<JsonValue> => {
  const answer = await ask(`/recipe/user/metadata?userId=${encodeURIComponent(String(id))}`);
  const { metadata = {} } = answer as JsonObject;
  return { userId: id, metadata, timeJoined };
};
