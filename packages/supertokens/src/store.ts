import { type Change, type MetadataDocument, type Store, UserMetadataError } from "@usermeta/core";
import { getUserMetadata, updateUserMetadata } from "supertokens-node/recipe/usermetadata";
import { storeContext } from "./store-context.ts";

/** The root key under which a user's document stands, beside what other code keeps there. */
const KEY = "_usermeta";

/** Users that the core is asked about at the same time. */
const MAX_AT_ONCE = 32;

/** What is under way for a user, in this process: the swaps of one user run one after the other. */
const swapping = new Map<string, Promise<unknown>>();

/**
 * Keeps documents in a SuperTokens core, through the UserMetadata recipe that the app has initialised: each user's
 * document under the root key `_usermeta`, other root keys untouched. It cannot search.
 *
 * The core has no compare-and-swap. In one process, however many engines it has, no update is lost; two processes that
 * write the same user at the same time can lose one. If more than one writes, use a database of your own.
 * @throws UserMetadataError when used: `store_corrupt`, `store_unavailable`
 * @example
 * ```ts
 * import { createUserMetadata } from "@usermeta/core";
 * import { superTokensStore } from "@usermeta/supertokens";
 * import SuperTokens from "supertokens-node";
 * import UserMetadata from "supertokens-node/recipe/usermetadata";
 *
 * SuperTokens.init({
 *   telemetry: false,
 *   supertokens: { connectionURI: process.env.SUPERTOKENS_CONNECTION_URI ?? "http://localhost:3567" },
 *   appInfo: { appName: "my app", apiDomain: "http://localhost:3000", websiteDomain: "http://localhost:3000" },
 *   recipeList: [UserMetadata.init()],
 * });
 *
 * const metadata = createUserMetadata({ store: superTokensStore() });
 * const { publicMetadata } = await metadata.updateUserMetadata("jane", { publicMetadata: { plan: "pro" } });
 * console.log(publicMetadata); // { plan: "pro" }
 * ```
 */
export const superTokensStore = (): Store => ({
  read: (userIds) => eachOf(userIds, load),
  write: (changes) => eachOf(changes, (change) => exclusively(change.userId, () => swap(change))),
});

const load = async (userId: string): Promise<MetadataDocument | undefined> => {
  const { metadata } = await getUserMetadata(userId, storeContext());
  const document: unknown = metadata[KEY];
  if (document === undefined) return undefined;
  if (isDocument(document)) return document;
  throw new UserMetadataError(
    "store_corrupt",
    `The SuperTokens core has something else than a document of ours under ${KEY} for the user ${JSON.stringify(userId)}. Remove or rename that key.`,
  );
};

/** The core stores `null` under a root key by removing it. */
const swap = async ({ userId, expected, next }: Change): Promise<boolean> => {
  const current = await load(userId);
  if ((current?.version ?? 0) !== expected) return false;
  if (current || next)
    await updateUserMetadata(
      userId,
      { [KEY]: next && { ...next, claims: [...next.claims] } },
      storeContext(),
    );
  return true;
};

const exclusively = async <R>(userId: string, run: () => Promise<R>): Promise<R> => {
  const turn = (swapping.get(userId) ?? Promise.resolve()).then(run, run);
  swapping.set(userId, turn);
  try {
    return await turn;
  } finally {
    if (swapping.get(userId) === turn) swapping.delete(userId);
  }
};

/** Runs for each item, a bounded number at once. All have ended when it rejects. */
const eachOf = async <T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> => {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += MAX_AT_ONCE) {
    const settled = await Promise.allSettled(items.slice(from, from + MAX_AT_ONCE).map(run));
    for (const result of settled) {
      if (result.status === "rejected") throw result.reason;
      results.push(result.value);
    }
  }
  return results;
};

const isDocument = (value: unknown): value is MetadataDocument => {
  const { version, createdAt, updatedAt, claims, ...tiers } = (value ?? {}) as Partial<MetadataDocument>;
  return (
    [version, createdAt, updatedAt].every(Number.isSafeInteger) &&
    Array.isArray(claims) &&
    [tiers.public, tiers.private, tiers.unsafe].every((tier) => typeof tier === "object" && tier !== null)
  );
};
