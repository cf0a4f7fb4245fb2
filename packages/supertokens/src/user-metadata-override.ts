import { TIERS, type Tier, type UpdateOptions, UserMetadataError, type WriteOptions } from "@usermeta/core";
import type { JSONObject, RecipeInterface } from "supertokens-node/recipe/usermetadata";
import { isOfStore } from "./store-context.ts";

/** What the recipe needs of an engine, whatever types the engine's tiers have. */
export interface RecipeEngine {
  getUserMetadata(userId: string): Promise<RecipeDocument>;
  updateUserMetadata(userId: string, update: RecipeTiers, options: UpdateOptions): Promise<RecipeDocument>;
  replaceUserMetadata(userId: string, tiers: RecipeTiers): Promise<RecipeDocument>;
  clearUserMetadata(userId: string, options: WriteOptions): Promise<void>;
}

/** The tiers by their names. */
export type RecipeTiers = { readonly [T in Tier as `${T}Metadata`]?: object };

/** What is used of a user's metadata. */
export type RecipeDocument = Required<RecipeTiers> & { readonly version: number };

/** Where the recipe's metadata is kept. */
export interface UserMetadataOverrideOptions {
  /** @default "private" which no session reads, as with SuperTokens */
  readonly tier?: Tier | undefined;
}

/**
 * Has the UserMetadata recipe read and write our store:
 * `UserMetadata.init({ override: { functions: userMetadataOverride(metadata) } })`. Calls to the recipe stay as they
 * are, and mean what they meant: root keys are merged, a root `null` removes, nested nulls stay, `{}` creates, the
 * whole tier is returned. What a call sends is made JSON first, as on its way to the core. The engine's limits hold.
 *
 * `clearUserMetadata` clears this tier; if the other two are empty, the whole document is removed.
 * @throws UserMetadataError from the recipe's functions, what the engine throws
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { userMetadataOverride } from "@usermeta/supertokens";
 * import SuperTokens from "supertokens-node";
 * import UserMetadata from "supertokens-node/recipe/usermetadata";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * SuperTokens.init({
 *   telemetry: false,
 *   supertokens: { connectionURI: process.env.SUPERTOKENS_CONNECTION_URI ?? "http://localhost:3567" },
 *   appInfo: { appName: "my app", apiDomain: "http://localhost:3000", websiteDomain: "http://localhost:3000" },
 *   recipeList: [UserMetadata.init({ override: { functions: userMetadataOverride(metadata) } })],
 * });
 *
 * await UserMetadata.updateUserMetadata("jane", { first_name: "Jane" });
 * const { privateMetadata } = await metadata.getUserMetadata("jane");
 * console.log(privateMetadata); // { first_name: "Jane" }
 * ```
 */
export const userMetadataOverride = (
  metadata: RecipeEngine,
  { tier = "private" }: UserMetadataOverrideOptions = {},
): ((original: RecipeInterface) => RecipeInterface) => {
  const name = `${tier}Metadata` as const;
  const read = (document: RecipeDocument): JSONObject => document[name] as JSONObject;
  return (original) => ({
    ...original,
    getUserMetadata: async (input) => {
      if (isOfStore(input.userContext)) return original.getUserMetadata(input);
      return { status: "OK", metadata: read(await metadata.getUserMetadata(input.userId)) };
    },
    updateUserMetadata: async (input) => {
      if (isOfStore(input.userContext)) return original.updateUserMetadata(input);
      const update = { [name]: asSent(input.metadataUpdate) };
      const document = await metadata.updateUserMetadata(input.userId, update, { merge: "shallow" });
      return { status: "OK", metadata: read(document) };
    },
    clearUserMetadata: async (input) => {
      if (isOfStore(input.userContext)) return original.clearUserMetadata(input);
      await clearTier(metadata, input.userId, tier);
      return { status: "OK" };
    },
  });
};

/** What would reach the core: a date is a string, `undefined` is left out. */
const asSent = (update: unknown): object => JSON.parse(JSON.stringify(update) ?? "null");

const clearTier = async (metadata: RecipeEngine, userId: string, tier: Tier): Promise<void> => {
  const document = await metadata.getUserMetadata(userId);
  if (document.version === 0) return;
  const others = TIERS.filter((each) => each !== tier).map((each) => document[`${each}Metadata`]);
  if (others.every((other) => Object.keys(other).length === 0)) {
    try {
      return await metadata.clearUserMetadata(userId, { ifVersion: document.version });
    } catch (error) {
      if (!UserMetadataError.is(error) || error.code !== "version_mismatch") throw error;
      // Another tier may have been written meanwhile, and stays.
    }
  }
  await metadata.replaceUserMetadata(userId, { [`${tier}Metadata`]: {} });
};
