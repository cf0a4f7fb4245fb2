import { TIERS, type Tier } from "./document/document.ts";
import { kind } from "./document/json.ts";
import { MAX_DEPTH_CAP } from "./document/json-profile.ts";
import type { Schemas } from "./document/types.ts";
import type { EngineParts, Limits } from "./engine.ts";
import { invalidOption } from "./errors.ts";
import type { Keeping } from "./history/keeping.ts";
import type { AdminKeys } from "./http/admin-keys.ts";
import type { Dialect } from "./http/route.ts";
import type { SessionVerifier } from "./sessions/session.ts";
import type { Store } from "./storing/store.ts";
import { type ClaimsOptions, createClaims } from "./tokens/claims.ts";
import type { TokenIssuer } from "./tokens/token-issuer.ts";

/** How much one user may store, and how much may wait for the store. */
export interface LimitsOptions {
  /** Bytes of UTF-8 JSON in a tier after the merge. @default 8192 */
  readonly maxTierBytes?: number | undefined;
  /** Levels of objects and arrays in a tier, 250 at most. @default 32 */
  readonly maxDepth?: number | undefined;
  /** Bytes in a request's body. @default 131072, or 4 × maxTierBytes if that is more */
  readonly maxBodyBytes?: number | undefined;
  /** Calls that may wait for the store; beyond them a call fails with `engine_overloaded` at once. @default 10000 */
  readonly maxWaiting?: number | undefined;
  /** Bytes of UTF-8 JSON in the updates that may wait for the store. @default 33554432 (32 MiB) */
  readonly maxWaitingBytes?: number | undefined;
  /** How long a call may wait for the store, in ms, 2,147,483,647 at most. @default 10000 */
  readonly timeoutMs?: number | undefined;
}

/** What is kept in memory. */
export interface CacheOptions {
  /** The most users whose documents are kept, 1 or more; the one used longest ago goes first. */
  readonly maxUsers: number;
}

/** What is kept of writes. */
export interface HistoryKeepingOptions {
  /** Days for which an entry is kept, 1 to 36,500. @default 90 */
  readonly keepDays?: number | undefined;
  /** The most entries that are kept of a user. @default 1000 */
  readonly maxEntries?: number | undefined;
  /** The tiers whose changes are kept. @default all */
  readonly tiers?: readonly Tier[] | undefined;
}

/** What `createUserMetadata` is made of. Checked once, never changed. */
export interface UserMetadataOptions<S extends Schemas = Schemas> {
  readonly store: Store;
  /** Who is calling: one verifier, or several that are tried in order. Without any, no session is ever accepted. */
  readonly sessions?: SessionVerifier | readonly SessionVerifier[] | undefined;
  /**
   * Is told why the credentials of a request are refused: for a debug log, as a client is told less. The `cause` of a
   * `token_invalid` is a `TokenMismatch` if the token is of another issuer, for another audience, or of an unknown key.
   */
  readonly onSessionRefused?: ((error: unknown) => void) | undefined;
  /**
   * Keys of server-to-server callers, 16 characters or more each: a list, or by the names that the history calls them.
   * Without any, the admin routes refuse everyone.
   */
  readonly adminKeys?: AdminKeys | undefined;
  /** A Standard Schema (zod, valibot, arktype …) for each tier that needs one; it judges the merged tier. */
  readonly schemas?: S | undefined;
  readonly limits?: LimitsOptions | undefined;
  /**
   * Keeps documents in memory, for reads; searches and writes ask the store. A read is never older than what this process
   * has acknowledged; how much later it sees what another process wrote, the store says. For stores with `subscribe`.
   * @default none
   */
  readonly cache?: CacheOptions | undefined;
  /**
   * Keeps of each write who made it, why, and what changed: for `history`, for reading and putting back old versions, and
   * for `follow`. For stores with a journal. `{}` keeps it with the defaults.
   * @default none
   */
  readonly history?: HistoryKeepingOptions | undefined;
  readonly claims?: ClaimsOptions | undefined;
  /** Signs the tokens of `issueToken`, and has its keys published on `GET /.well-known/jwks.json`. */
  readonly issuer?: TokenIssuer | undefined;
  /** The wire protocols to answer, each over the same documents. @default [nativeDialect()] */
  readonly dialects?: readonly Dialect[] | undefined;
}

const NAMES: ReadonlySet<string> = new Set<keyof UserMetadataOptions>([
  "store",
  "sessions",
  "onSessionRefused",
  "adminKeys",
  "schemas",
  "limits",
  "cache",
  "history",
  "claims",
  "issuer",
  "dialects",
]);

/** A body has a few levels around a tier, which count against the cap of all JSON too. */
const MAX_DEPTH = MAX_DEPTH_CAP - 6;
/** The most that a timer can wait. */
const MAX_TIMEOUT_MS = 2_147_483_647;

/** Checks the options and makes the parts of the engine from them. @throws UserMetadataError `options_invalid` */
export const checkOptions = (options: UserMetadataOptions): EngineParts => {
  if (!options)
    throw invalidOption("createUserMetadata has no options; pass { store: memoryStore() } for a start");
  const unknown = Object.keys(options).find((name) => !NAMES.has(name));
  if (unknown !== undefined)
    throw invalidOption(`"${unknown}" is not an option; the options are ${[...NAMES].join(", ")}`);
  const { store, cache, schemas = {}, claims = {}, issuer } = options;
  if (typeof store?.read !== "function" || typeof store.write !== "function") {
    throw invalidOption(
      `store is ${store ? kind(store) : "missing"}; pass what memoryStore() or sqliteStore({ path }) returns, or a Store of yours`,
    );
  }
  checkSchemas(schemas);
  if (cache && !store.subscribe) throw invalidOption("cache needs a store with subscribe");
  if (cache) checkCounts("cache", { maxUsers: cache.maxUsers });
  checkCounts("claims", { maxBytes: claims.maxBytes ?? 1 });
  const limits = checkLimits(options.limits);
  const keeping = options.history && checkHistory(options.history, store);
  const maxCachedUsers = cache?.maxUsers;
  return { store, limits, schemas, claims: createClaims(claims), issuer, maxCachedUsers, keeping };
};

const DAY_MS = 86_400_000;
/** A hundred years. */
const MAX_DAYS = 36_500;

const checkHistory = (given: HistoryKeepingOptions, { journal }: Store): Keeping => {
  const { keepDays = 90, maxEntries = 1000, tiers = TIERS, ...others } = given;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw invalidOption(`history.${unknown} is not an option; there are keepDays, maxEntries, tiers`);
  if (!journal)
    throw invalidOption("history needs a store with a journal, as memory, SQLite and PostgreSQL have");
  checkCounts("history", { keepDays, maxEntries });
  if (keepDays > MAX_DAYS) throw invalidOption(`history.keepDays is ${keepDays}; the most is ${MAX_DAYS}`);
  const isList = Array.isArray(tiers) && tiers.length > 0 && tiers.every((tier) => TIERS.includes(tier));
  if (!isList) throw invalidOption(`history.tiers is not a list of tiers; there are ${TIERS.join(", ")}`);
  return { keepMs: keepDays * DAY_MS, maxEntries, tiers: TIERS.filter((tier) => tiers.includes(tier)) };
};

const checkSchemas = (schemas: Schemas): void => {
  for (const [tier, schema] of Object.entries(schemas))
    if (!TIERS.includes(tier as Tier) || (schema && typeof schema["~standard"]?.validate !== "function"))
      throw invalidOption(
        `schemas.${tier} is not the Standard Schema of a tier; pass one for ${TIERS.join(", ")}`,
      );
};

const checkLimits = (given: LimitsOptions = {}): Limits => {
  const { maxTierBytes = 8192, maxDepth = 32 } = given;
  const { maxBodyBytes = Math.max(131_072, 4 * maxTierBytes) } = given;
  const { maxWaiting = 10_000, maxWaitingBytes = 32 * 1024 * 1024, timeoutMs = 10_000 } = given;
  const limits = { maxTierBytes, maxDepth, maxBodyBytes, maxWaiting, maxWaitingBytes, timeoutMs };
  checkCounts("limits", limits);
  if (timeoutMs > MAX_TIMEOUT_MS)
    throw invalidOption(`limits.timeoutMs is ${timeoutMs}; the most is ${MAX_TIMEOUT_MS}`);
  if (maxDepth > MAX_DEPTH) throw invalidOption(`limits.maxDepth is ${maxDepth}; the most is ${MAX_DEPTH}`);
  return limits;
};

const checkCounts = (option: string, counts: Readonly<Record<string, number>>): void => {
  for (const [name, value] of Object.entries(counts))
    if (!Number.isSafeInteger(value) || value < 1)
      throw invalidOption(`${option}.${name} is ${value}; give a whole number above 0`);
};
