import { type MetadataDocument, TIERS } from "../document/document.ts";
import { isJsonObject, type JsonValue, jsonContains } from "../document/json.ts";
import { copyJson } from "../document/json-profile.ts";
import type { FindOptions } from "../document/types.ts";
import { isUserId } from "../document/user-id.ts";
import { UserMetadataError } from "../errors.ts";
import type { Deadlines } from "./deadlines.ts";
import { hanging, toStoreError } from "./read-each.ts";
import type { FindQuery, FoundDocument, Store } from "./store.ts";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 500;

interface ReadDocument extends FoundDocument {
  readonly document: MetadataDocument;
}

const isRead = (found: FoundDocument): found is ReadDocument => !UserMetadataError.is(found.document);

/** A page of what was found. */
export interface FoundPage {
  readonly found: readonly ReadDocument[];
  /** Users whose documents cannot be read. */
  readonly corrupt: readonly string[];
  /** The last user of a full page, after whom the next begins. */
  readonly cursor: string | undefined;
}

/** Searches a store. @throws UserMetadataError `search_unsupported`, `query_invalid`, and what the store throws */
export const find = async (store: Store, deadlines: Deadlines, options: FindOptions): Promise<FoundPage> => {
  const search = store.find?.bind(store);
  if (!search) throw unsupported();
  const query = toQuery(options);
  try {
    const found = await deadlines.bound(() => search(query), hanging);
    const corrupt = found.filter((each) => !isRead(each)).map(({ userId }) => userId);
    const cursor = found.length === query.limit ? found.at(-1)?.userId : undefined;
    return { found: found.filter(isRead), corrupt, cursor };
  } catch (error) {
    throw toStoreError(error);
  }
};

/** How many users have a document. @throws UserMetadataError `search_unsupported`, and what the store throws */
export const count = async (store: Store, deadlines: Deadlines): Promise<number> => {
  const countAll = store.count?.bind(store);
  if (!countAll) throw unsupported();
  try {
    return await deadlines.bound(countAll, hanging);
  } catch (error) {
    throw toStoreError(error);
  }
};

const toQuery = ({
  tier = "public",
  where = {},
  limit = DEFAULT_LIMIT,
  cursor = "",
}: FindOptions): FindQuery => {
  if (!TIERS.includes(tier)) throw invalidQuery(`tier is ${JSON.stringify(tier)}; use ${TIERS.join(", ")}`);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw invalidQuery(`limit is ${limit}; give a whole number from 1 to ${MAX_LIMIT}`);
  if (cursor !== "" && !isUserId(cursor))
    throw invalidQuery("cursor is not valid; pass the one of the page before");
  const value = copyJson(where);
  if (!isJsonObject(value) || !isPattern(value))
    throw invalidQuery(
      "where must be an object of strings, numbers, booleans, nulls and such objects; no arrays",
    );
  return { tier, where: value, after: cursor, limit };
};

const isPattern = (value: JsonValue): boolean =>
  !Array.isArray(value) && (!isJsonObject(value) || Object.values(value).every(isPattern));

/** Searches documents that are at hand, for a store that keeps them in memory. */
export const findAmong = (
  documents: Iterable<ReadDocument>,
  { tier, where, after, limit }: FindQuery,
): readonly FoundDocument[] =>
  [...documents]
    .filter(({ userId, document }) => compare(userId, after) > 0 && jsonContains(document[tier], where))
    .sort((a, b) => compare(a.userId, b.userId))
    .slice(0, limit);

/** By code points, which is the order of the UTF-8 bytes too; JavaScript's own order is that of UTF-16. */
const compare = (a: string, b: string): number => {
  const [left, right] = [[...a], [...b]];
  const at = left.findIndex((character, index) => character !== right[index]);
  if (at < 0) return left.length - right.length;
  return (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? -1);
};

/** The search that was asked for is not possible. */
export const invalidQuery = (reason: string): UserMetadataError =>
  new UserMetadataError("query_invalid", `The search cannot be made: ${reason}.`);

const unsupported = (): UserMetadataError =>
  new UserMetadataError(
    "search_unsupported",
    "The store cannot search. Use one that has find, as SQLite or PostgreSQL.",
  );
