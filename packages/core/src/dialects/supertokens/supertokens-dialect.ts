import { type MetadataDocument, TIERS, type Tier } from "../../document/document.ts";
import type { JsonObject, JsonValue } from "../../document/json.ts";
import { applyUpdate, toIntent, toTierUpdate } from "../../document/update.ts";
import { checkUserId } from "../../document/user-id.ts";
import type { Engine } from "../../engine.ts";
import { invalidOption } from "../../errors.ts";
import { readWriteOptions, toETag } from "../../http/conditions.ts";
import type { Dialect } from "../../http/route.ts";
import { CDI_VERSIONS, type CdiCall, CdiError, type CdiRoute, cdiDialect } from "./cdi.ts";

/** What the metadata endpoints of a SuperTokens core are about, and who may call them. */
export interface SuperTokensDialectOptions {
  /** The tier that SuperTokens' metadata is. @default "private" */
  readonly tier?: Tier | undefined;
  /**
   * Whether whoever reaches it may read and write everybody's metadata, with no API key, as in a SuperTokens core that
   * has none. Else the header `api-key` must be one of the engine's `adminKeys`.
   * @default false
   */
  readonly allowWithoutKey?: boolean | undefined;
  /** The app that the engine is: a `connectionURI` may end in `/appid-<app>`. Another app is a 400. @default "public" */
  readonly appId?: string | undefined;
  /** The versions of the interface that it offers to SDKs, and answers. @default all from 2.7 to 5.6 */
  readonly versions?: readonly string[] | undefined;
}

/** Users in one bulk read, as in a SuperTokens core. */
const MAX_USERS = 500;

/**
 * The metadata endpoints of a SuperTokens core (CDI 2.7 to 5.6), for the `UserMetadata` recipe of its SDKs: point
 * `connectionURI` here. An update is merged shallowly, as theirs is: a root `null` removes, a nested one stays. Limits,
 * schemas and the claims' budget hold: what they refuse is a 400 whose text says why. Removing a user's metadata empties
 * the tier; the other tiers stay.
 * @throws UserMetadataError `options_invalid` for an unknown tier
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { superTokensDialect } from "@usermeta/core/supertokens";
 *
 * const metadata = createUserMetadata({
 *   store: memoryStore(),
 *   dialects: [superTokensDialect()],
 *   adminKeys: ["a key of 16 characters or more"],
 * });
 * console.log(metadata.routes.map(({ method, path }) => `${method} ${path}`)); // …PUT /recipe/user/metadata…
 * ```
 */
export const superTokensDialect = (options: SuperTokensDialectOptions = {}): Dialect => {
  const { tier = "private", versions = CDI_VERSIONS } = options;
  if (!TIERS.includes(tier))
    throw invalidOption(`tier is ${JSON.stringify(tier)}; there are ${TIERS.join(", ")}`);
  return cdiDialect({
    ...options,
    versions,
    name: "supertokens",
    routes: (engine) => [...handshake(versions), ...metadataRoutes(engine, tier)],
  });
};

const handshake = (versions: readonly string[]): readonly CdiRoute[] => [
  { method: "GET", path: "/apiversion", scope: "core", handle: () => ({ versions }) },
  ...(["GET", "POST", "PUT", "DELETE"] as const).map(
    (method): CdiRoute => ({ method, path: "/hello", scope: "core", open: true, handle: () => "Hello" }),
  ),
];

const metadataRoutes = (engine: Engine, tier: Tier): readonly CdiRoute[] => {
  const answer = ({ request }: CdiCall, document: MetadataDocument): object => {
    request.response?.setHeader("etag", toETag(document.version));
    return { status: "OK", metadata: document[tier] };
  };
  const read = async (call: CdiCall): Promise<object> =>
    answer(call, await engine.read(checkUserId(call.input.string("userId"))));
  const write = async (call: CdiCall): Promise<object> => {
    const userId = checkUserId(call.input.string("userId"));
    const update = toTierUpdate(tier, call.input.object("metadataUpdate"));
    const options = readWriteOptions(call);
    const { after } = await engine.write(userId, { ...toIntent(update, "shallow"), ...options });
    return answer(call, after);
  };
  const nothing = toTierUpdate(tier, {});
  const remove = async (call: CdiCall): Promise<object> => {
    const userId = checkUserId(call.input.string("userId"));
    await engine.write(userId, {
      ...readWriteOptions(call),
      change: (current) => {
        const content = applyUpdate(current, nothing, "replace");
        return TIERS.every((each) => isEmpty(content[each])) ? null : content;
      },
    });
    return { status: "OK" };
  };
  const readMany = async ({ input }: CdiCall): Promise<object> => {
    const userIds = toUserIds(input.list("userIds"));
    const documents = await Promise.all(userIds.map((userId) => engine.read(userId)));
    const users = documents.map((document, index) => ({
      userId: userIds[index],
      metadata: document.version === 0 ? null : document[tier],
    }));
    return { status: "OK", users };
  };
  const path = "/recipe/user/metadata";
  return [
    { method: "GET", path, scope: "app", handle: read },
    { method: "PUT", path, scope: "app", handle: write },
    { method: "POST", path: `${path}/remove`, scope: "app", handle: remove },
    { method: "POST", path: `${path}/bulk`, scope: "app", handle: readMany },
  ];
};

const isEmpty = (tier: JsonObject): boolean => Object.keys(tier).length === 0;

const toUserIds = (list: readonly JsonValue[]): readonly string[] => {
  if (list.length > MAX_USERS)
    throw new CdiError(400, `You can only query up to ${MAX_USERS} users at a time.`);
  if (!list.every((userId) => typeof userId === "string"))
    throw new CdiError(400, "userIds array must contain only strings");
  return list.map(checkUserId);
};
