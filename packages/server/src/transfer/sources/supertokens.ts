import { isJsonObject, type JsonObject, type JsonValue } from "@usermeta/core";
import { parseLoosely } from "../json-list.ts";
import { type Ask, type Source, toMs, usersOfPage } from "./source.ts";

const PAGE = 500;
const PUBLIC = "public";
/** How many users' metadata is asked for at once; only new cores have a bulk. */
const AT_ONCE = 20;

/** SuperTokens: a core by its URL, its bulk-import format, or rows of its table `user_metadata` as JSON or CSV. */
export const supertokens: Source = {
  maps: [
    "metadata (userMetadata, user_metadata) → privateMetadata, where the supertokens dialect reads it",
    "timeJoined (timeJoinedInMSSinceEpoch) → createdAt",
  ],
  cannot: [
    "times of writes, which SuperTokens does not keep: run again, the import compares the content",
    "by a core's URL, metadata of ids that are not users of its recipes: export the table user_metadata with psql -Atc 'select row_to_json(m) from user_metadata m'",
    "several apps at once: give the address of one, as in http://core:3567/appid-shop, or rows of one app_id",
  ],
  ids: ["user_id", "external_user_id", "id"],
  metadata: { privateMetadata: ["metadata", "user_metadata"] },
  createdAt: ["time_joined", "time_joined_in_ms_since_epoch"],
  updatedAt: [],
  lists: ["users"],
  scope: "app_id",
  shape: ({ loginMethods, answer, ...user }) => ({
    ...user,
    ...(isJsonObject(answer) && { metadata: answer.metadata ?? null }),
    ...(loginMethods !== undefined && !("timeJoined" in user) && { timeJoined: firstJoined(loginMethods) }),
  }),
  api: {
    needsKey: false,
    headers: (key) => ({ "api-key": key }),
    async *users(ask, tell) {
      const tenants = await tenantsOf(ask, tell);
      for (const [index, tenant] of tenants.entries()) {
        const path = tenant === PUBLIC ? "" : `/${encodeURIComponent(tenant)}`;
        yield* usersOfTenant(ask, path, tenants.slice(0, index));
      }
    },
  },
};

/** When a user joined by the first of the login methods of the bulk-import format. */
const firstJoined = (methods: JsonValue): JsonValue => {
  const times = Array.isArray(methods)
    ? methods.flatMap((method) => (isJsonObject(method) && toMs(method.timeJoinedInMSSinceEpoch)) || [])
    : [];
  return times.length > 0 ? Math.min(...times) : null;
};

const tenantsOf = async (ask: Ask, tell: (text: string) => void): Promise<readonly string[]> => {
  const answer = await ask.ifThere("/recipe/multitenancy/tenant/list/v2");
  if (answer === undefined) {
    tell("This core does not list its tenants: only the users of the tenant public are read.");
    return [PUBLIC];
  }
  const tenants = await usersOfPage(answer, ["tenants"], "SuperTokens");
  return tenants.map((tenant) => String((parseLoosely(tenant) as JsonObject).tenantId));
};

/** The users of a tenant, but those who are of another one, whose users have been read. */
async function* usersOfTenant(ask: Ask, path: string, others: readonly string[]): AsyncGenerator<string> {
  let token = "";
  do {
    const page = await ask(`${path}/users?limit=${PAGE}${token}`);
    const users = (await usersOfPage(page, ["users"], "SuperTokens"))
      .map((user) => parseLoosely(user) as JsonObject)
      .filter(
        ({ tenantIds }) => !others.some((tenant) => Array.isArray(tenantIds) && tenantIds.includes(tenant)),
      );
    for (let at = 0; at < users.length; at += AT_ONCE)
      yield* await Promise.all(users.slice(at, at + AT_ONCE).map((user) => withMetadata(ask, user)));
    const { nextPaginationToken: next } = parseLoosely(page) as JsonObject;
    token = typeof next === "string" ? `&paginationToken=${encodeURIComponent(next)}` : "";
  } while (token !== "");
}

/** The answer of the core stays text, so that a number in it is judged with its user. */
const withMetadata = async (ask: Ask, { id = null, timeJoined = null }: JsonObject): Promise<string> => {
  const answer = await ask(`/recipe/user/metadata?userId=${encodeURIComponent(String(id))}`);
  return `{"userId":${JSON.stringify(id)},"timeJoined":${JSON.stringify(timeJoined)},"answer":${answer}}`;
};
