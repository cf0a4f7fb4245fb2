import { createHash } from "node:crypto";
import { type Change, type MetadataDocument, type Store, type Swap, UserMetadataError } from "@usermeta/core";
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
 * document under the root key `_usermeta`, other root keys untouched. It cannot search. Of a document that is removed
 * its version stays there, as `{ removed }`, so that no version comes again. Each user is a request of its own, so each
 * has an answer of its own.
 *
 * The core has no compare-and-swap. In one process, however many engines it has, no update is lost; two processes that
 * write the same user at the same time can lose one. If more than one writes, use a database of your own.
 * Answers for a user: `store_corrupt`, `store_busy` if the core could not be asked before anything was written,
 * `store_unavailable`.
 *
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
  read: (userIds) =>
    eachOf(userIds, async (userId) => {
      const { document } = await load(userId);
      return document;
    }),
  write: (changes) => eachOf(changes, (change) => exclusively(change.userId, () => swap(change))),
});

/** What a core keeps for a user: a document, or the version that the last one had. */
interface Kept {
  readonly document: MetadataDocument | undefined;
  readonly removed: number;
}

const load = async (userId: string): Promise<Kept> => {
  const { metadata } = await getUserMetadata(userId, storeContext());
  const kept: unknown = metadata[KEY];
  if (kept === undefined) return { document: undefined, removed: 0 };
  if (isDocument(kept))
    return { document: { ...kept, claimsVersion: kept.claimsVersion ?? kept.version }, removed: 0 };
  if (isTombstone(kept)) return { document: undefined, removed: kept.removed };
  throw new UserMetadataError(
    "store_corrupt",
    `The SuperTokens core has something other than a document of ours under ${KEY}, for the user with the digest ${digestOf(userId)}. Remove or rename that key.`,
  );
};

/** Names a user in a text, which goes into logs: a user id may be an e-mail address. `docs/errors.md` says how to find it. */
const digestOf = (userId: string): string => createHash("sha256").update(userId).digest("hex").slice(0, 12);

const swap = async ({ userId, expected, next, ...given }: Change): Promise<Swap> => {
  const { least = next?.version ?? Number.POSITIVE_INFINITY, greatest = expected } = given;
  const { document, removed } = await load(userId).catch(notAsked);
  if ((document?.version ?? 0) !== expected) return false;
  if (!document && least <= removed) return removed;
  if (document || next || greatest > removed) {
    const kept = next ? { ...next, claims: [...next.claims] } : { removed: Math.max(removed, greatest) };
    await updateUserMetadata(userId, { [KEY]: kept }, storeContext());
  }
  return true;
};

/** Nothing was written yet, so that the engine may try again. */
const notAsked = (cause: unknown): never => {
  if (UserMetadataError.is(cause)) throw cause;
  throw new UserMetadataError("store_busy", "The SuperTokens core could not be read. Nothing was written.", {
    cause,
  });
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

/** Runs for each item, a bounded number at once. Each has its own result or its own error. */
const eachOf = async <T, R>(
  items: readonly T[],
  run: (item: T) => Promise<R>,
): Promise<(R | UserMetadataError)[]> => {
  const results: (R | UserMetadataError)[] = [];
  for (let from = 0; from < items.length; from += MAX_AT_ONCE) {
    const part = items.slice(from, from + MAX_AT_ONCE);
    results.push(...(await Promise.all(part.map((item) => run(item).catch(toStoreError)))));
  }
  return results;
};

const toStoreError = (cause: unknown): UserMetadataError =>
  UserMetadataError.is(cause)
    ? cause
    : new UserMetadataError("store_unavailable", "The SuperTokens core failed; see the cause.", { cause });

const isTombstone = (value: unknown): value is { readonly removed: number } =>
  Number.isSafeInteger(((value ?? {}) as { readonly removed?: unknown }).removed);

/** One from before there was a claims version has none. */
const isDocument = (
  value: unknown,
): value is Omit<MetadataDocument, "claimsVersion"> & Partial<Pick<MetadataDocument, "claimsVersion">> => {
  const { version, createdAt, updatedAt, claims, ...tiers } = (value ?? {}) as Partial<MetadataDocument>;
  return (
    [version, createdAt, updatedAt].every(Number.isSafeInteger) &&
    Array.isArray(claims) &&
    [tiers.public, tiers.private, tiers.unsafe].every((tier) => typeof tier === "object" && tier !== null)
  );
};
