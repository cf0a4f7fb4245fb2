import { setImmediate } from "node:timers/promises";
import type { FindQuery, JsonObject, JsonValue } from "@usermeta/core";
import { isJsonObject, jsonContains, UserMetadataError } from "@usermeta/core";
import type { SqliteConnection, SqliteValue, Transaction } from "./connection.ts";
import { columnsOf } from "./connection.ts";
import { COLUMNS, type Row, tierOf } from "./documents.ts";
import { isSearchedKey } from "./options.ts";

/** Users looked at before others have their turn. */
const PAGE = 256;
/** Users looked at by one search. */
const MAX_SCANNED = 50_000;

/** A key that is searched: its name as in the options, the tier, and the keys that lead to it. */
interface SearchedKey {
  readonly name: string;
  readonly tier: string;
  readonly path: readonly string[];
}

const toKey = (name: string): SearchedKey => {
  const [tier = "", ...path] = name.split(".");
  return { name, tier, path };
};

const expressionOf = ({ tier, path }: SearchedKey): string =>
  `json_extract(${tier}_metadata, '$${path.map((key) => `."${key.replaceAll("'", "''")}"`).join("")}')`;

/** SQL does not read a tier that is not JSON, so that its row is in no index. */
const isJson = ({ tier }: SearchedKey): string => `json_valid(${tier}_metadata)`;

const indexOf = ({ name }: SearchedKey): string => `usermeta_search ${name}`;

/** Makes the indexes that are missing; the user ids in them spare a search the sorting of its pages. */
export const createIndexes = (
  connection: SqliteConnection,
  transaction: Transaction,
  names: readonly string[],
): void => {
  const exists = connection.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?");
  const missing = names.map(toKey).filter((key) => columnsOf(exists.get(indexOf(key))) === undefined);
  if (missing.length === 0) return;
  transaction("BEGIN IMMEDIATE", () => {
    for (const key of missing)
      connection.exec(`CREATE INDEX IF NOT EXISTS "${indexOf(key)}"
        ON usermeta_documents (${expressionOf(key)}, user_id) WHERE ${isJson(key)}`);
  });
};

/** The value asked for at a key; `undefined` if none is, or an object. */
const askedAt = ({ path }: SearchedKey, where: JsonValue): JsonValue | undefined => {
  let value: JsonValue | undefined = where;
  for (const key of path) value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return isJsonObject(value) ? undefined : value;
};

interface Condition {
  readonly sql: string;
  readonly values: readonly SqliteValue[];
}

const conditionOf = (key: SearchedKey, value: JsonValue): Condition => {
  const at = `${isJson(key)} AND ${expressionOf(key)}`;
  if (value === null) return { sql: `${at} IS NULL`, values: [] };
  return { sql: `${at} = ?`, values: [typeof value === "string" ? value : Number(value)] };
};

/** The keys that lead to the first value asked for that a search can go by; `undefined` if there is none. */
const searchableKey = (
  name: string,
  value: JsonValue | undefined,
  known: readonly string[],
): string | undefined => {
  if (!isJsonObject(value)) return isSearchedKey(name) && !known.includes(name) ? name : undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = key.includes(".") ? undefined : searchableKey(`${name}.${key}`, inner, known);
    if (found !== undefined) return found;
  }
  return undefined;
};

const proposal = ({ tier, where }: FindQuery, known: readonly string[]): string => {
  const key = searchableKey(tier, where, known);
  return key === undefined
    ? "Ask for a string, number, boolean or null at a key that search can name."
    : `Name one in search, as in sqliteStore({ search: [${JSON.stringify(key)}] }).`;
};

const unsearched = (query: FindQuery, known: readonly string[]): UserMetadataError =>
  new UserMetadataError(
    "search_unsupported",
    `The SQLite store is not searched by any of the keys that were asked for. ${proposal(query, known)}`,
  );

const tooMany = (scanned: number, query: FindQuery, known: readonly string[]): UserMetadataError =>
  new UserMetadataError(
    "search_unsupported",
    `The SQLite store has looked at ${scanned} users who have the searched keys that were asked for, and found too few ` +
      `who have the others too. ${proposal(query, known)}`,
  );

const contains = (tier: JsonValue | undefined, where: JsonObject): boolean =>
  isJsonObject(tier) && jsonContains(tier, where);

/** What a search works with. */
export interface FinderParts {
  readonly connection: SqliteConnection;
  /** As in the options. */
  readonly names: readonly string[];
  /** Runs a part of a search in a transaction of its own. */
  attempt<T>(work: () => T): Promise<T>;
}

/** Searches by the indexes, page by page until enough users have all that is asked for. */
export const finder = ({
  connection,
  names,
  attempt,
}: FinderParts): ((query: FindQuery) => Promise<readonly Row[]>) => {
  const keys = names.map(toKey);
  const page = ({ sql, values }: Condition, after: string, limit: number): Row[] =>
    connection
      .prepare(`SELECT ${COLUMNS}, user_id FROM usermeta_documents WHERE ${sql} AND user_id > ?
        ORDER BY user_id LIMIT ?`)
      .all(...values, after, limit)
      .map((found) => columnsOf(found) ?? []);
  return async (query) => {
    const { tier, where, after, limit } = query;
    const conditions = keys.flatMap((key) => {
      const value = key.tier === tier ? askedAt(key, where) : undefined;
      return value === undefined ? [] : [conditionOf(key, value)];
    });
    const isAll = Object.keys(where).length === 0;
    if (conditions.length === 0 && !isAll) throw unsearched(query, names);
    const condition: Condition = {
      sql: ["1", ...conditions.map(({ sql }) => sql)].join(" AND "),
      values: conditions.flatMap(({ values }) => values),
    };
    // SQL compares `true` with 1, and an object with its text, so each that is found is looked at again.
    const isFound = (row: Row): boolean => isAll || contains(tierOf(row, tier), where);
    const found: Row[] = [];
    let last = after;
    for (let scanned = 0, size = limit; ; size = PAGE) {
      const rows = await attempt(() => page(condition, last, size));
      scanned += rows.length;
      found.push(...rows.filter(isFound));
      if (found.length >= limit || rows.length < size) return found.slice(0, limit);
      if (scanned >= MAX_SCANNED) throw tooMany(scanned, query, names);
      last = String(rows.at(-1)?.at(-1));
      await setImmediate();
    }
  };
};
