import { type JsonObject, type JsonValue, type Session, UserMetadataError } from "@usermeta/core";
import type { RecipeInterface, SessionContainer } from "supertokens-node/recipe/session";
import { noteLayers } from "./session-recipe.ts";
import { isSuperTokensSession } from "./sessions.ts";

/** What is needed of an engine for claims: `metadata.claims`. */
export interface ClaimsSource {
  claims(userId: string): Promise<JsonObject>;
}

/** Which claims of a session are the metadata's. */
export interface SessionClaimsOptions {
  /** The engine's `claims.prefix`. A claim of this prefix that the metadata no longer has is removed. @default "metadata_" */
  readonly prefix?: string | undefined;
}

/**
 * Puts the user's metadata claims, and the document's version as `metadataVersion`, into the access token of each new
 * session, and brings them up to date at each refresh: `Session.init({ override: { functions: sessionOverride(metadata) } })`.
 * A claim whose metadata was removed leaves the token. A session is not made if its claims cannot be read.
 *
 * Beside overrides of your own, pass on the builder that the SDK gives you, `sessionOverride(metadata)(original, builder)`:
 * it tells whether they override `getSession`, without which `superTokensSessions` verifies each token each time.
 * @throws UserMetadataError `options_invalid` for an empty prefix; from the recipe's functions, what the store throws
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { sessionOverride } from "@usermeta/supertokens";
 * import SuperTokens from "supertokens-node";
 * import Session from "supertokens-node/recipe/session";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * SuperTokens.init({
 *   telemetry: false,
 *   supertokens: { connectionURI: process.env.SUPERTOKENS_CONNECTION_URI ?? "http://localhost:3567" },
 *   appInfo: { appName: "my app", apiDomain: "http://localhost:3000", websiteDomain: "http://localhost:3000" },
 *   recipeList: [Session.init({ override: { functions: sessionOverride(metadata) } })],
 * });
 *
 * await metadata.updateUserMetadata("jane", { publicMetadata: { plan: "pro" }, claims: ["plan"] });
 * const userId = SuperTokens.convertToRecipeUserId("jane");
 * const session = await Session.createNewSessionWithoutRequestResponse("public", userId);
 * console.log(session.getAccessTokenPayload().metadata_plan); // pro
 * ```
 */
export const sessionOverride = (
  metadata: ClaimsSource,
  options: SessionClaimsOptions = {},
): ((original: RecipeInterface, builder?: object) => RecipeInterface) => {
  const prefix = readPrefix(options);
  return (original, builder) => {
    noteLayers(builder);
    return {
      ...original,
      createNewSession: async (input) => {
        const update = toUpdate({}, await metadata.claims(input.userId), prefix);
        return original.createNewSession({
          ...input,
          accessTokenPayload: { ...input.accessTokenPayload, ...update },
        });
      },
      refreshSession: async (input) => {
        const session = await original.refreshSession(input);
        await bringUpToDate(session, metadata, prefix, input.userContext);
        return session;
      },
    };
  };
};

/**
 * Brings the metadata claims of a session's access token up to date at once, and sends the new token with the answer:
 * after a handler has written metadata that is in the token. One call to the core, and none if nothing has changed.
 * @throws UserMetadataError `options_invalid` if the session is not one of supertokens-node; the SDK's own error
 * if the session was revoked
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { refreshSessionClaims, sessionOverride } from "@usermeta/supertokens";
 * import SuperTokens from "supertokens-node";
 * import Session from "supertokens-node/recipe/session";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * SuperTokens.init({
 *   telemetry: false,
 *   supertokens: { connectionURI: process.env.SUPERTOKENS_CONNECTION_URI ?? "http://localhost:3567" },
 *   appInfo: { appName: "my app", apiDomain: "http://localhost:3000", websiteDomain: "http://localhost:3000" },
 *   recipeList: [Session.init({ override: { functions: sessionOverride(metadata) } })],
 * });
 *
 * const userId = SuperTokens.convertToRecipeUserId("jane");
 * const session = await Session.createNewSessionWithoutRequestResponse("public", userId);
 * await metadata.updateUserMetadata("jane", { publicMetadata: { plan: "pro" }, claims: ["plan"] });
 * await refreshSessionClaims(session, metadata);
 * console.log(session.getAccessTokenPayload().metadata_plan); // pro
 * ```
 */
export const refreshSessionClaims = async (
  session: Session,
  metadata: ClaimsSource,
  options: SessionClaimsOptions = {},
): Promise<void> => {
  if (!isSuperTokensSession(session)) {
    throw new UserMetadataError(
      "options_invalid",
      "refreshSessionClaims was given a session that is not of supertokens-node. Use superTokensSessions().",
    );
  }
  await bringUpToDate(session, metadata, readPrefix(options));
};

const bringUpToDate = async (
  session: SessionContainer,
  metadata: ClaimsSource,
  ...[prefix, userContext]: [prefix: string, userContext?: object]
): Promise<void> => {
  const payload: JsonObject = session.getAccessTokenPayload(userContext);
  const update = toUpdate(payload, await metadata.claims(session.getUserId(userContext)), prefix);
  if (Object.keys(update).length > 0) await session.mergeIntoAccessTokenPayload(update, userContext);
};

/** What must be merged into a payload so that it has exactly these claims; a root null removes. */
const toUpdate = (payload: JsonObject, claims: JsonObject, prefix: string): JsonObject => {
  const update: JsonObject = {};
  for (const name of Object.keys(payload)) {
    if (name.startsWith(prefix) && !Object.hasOwn(claims, name)) update[name] = null;
  }
  for (const [name, value] of Object.entries(claims)) {
    if (!isSame(payload[name] ?? null, value)) update[name] = value;
  }
  return update;
};

/** Whether two JSON values are written the same. */
export const isSame = (a: JsonValue, b: JsonValue): boolean => JSON.stringify(a) === JSON.stringify(b);

const readPrefix = ({ prefix = DEFAULT_PREFIX }: SessionClaimsOptions): string => {
  if (prefix !== "") return prefix;
  throw new UserMetadataError(
    "options_invalid",
    'prefix is "", so that every claim of a session would count as metadata. Give the engine a claims.prefix, and the same one here.',
  );
};

/** The engine's own default. */
export const DEFAULT_PREFIX = "metadata_";
