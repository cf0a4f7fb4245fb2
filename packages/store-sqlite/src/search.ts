import type { FindQuery, FoundDocument, JsonValue, MetadataDocument } from "@usermeta/core";
import { isJsonObject, jsonContains, UserMetadataError } from "@usermeta/core";
import type { SqliteConnection, SqliteValue, Transaction } from "./connection.ts";
import { columnsOf } from "./connection.ts";
import { COLUMNS, type Row } from "./documents.ts";

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
        ON usermeta_documents (${expressionOf(key)}, user_id)`);
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
  if (value === null) return { sql: `${expressionOf(key)} IS NULL`, values: [] };
  return { sql: `${expressionOf(key)} = ?`, values: [typeof value === "string" ? value : Number(value)] };
};

const unsearched = ({ tier, where }: FindQuery): UserMetadataError =>
  new UserMetadataError(
    "search_unsupported",
    "The SQLite store is not searched by any of the keys that were asked for. Name one in search, as in " +
      `sqliteStore({ search: ["${tier}.${Object.keys(where)[0]}"] }).`,
  );

/** Searches by the indexes, page by page until enough users have all that is asked for. */
export const finder = (
  connection: SqliteConnection,
  names: readonly string[],
  decode: (row: Row, userId: string) => MetadataDocument,
): ((query: FindQuery) => readonly FoundDocument[]) => {
  const keys = names.map(toKey);
  const page = ({ sql, values }: Condition, after: string, limit: number): FoundDocument[] =>
    connection
      .prepare(`SELECT ${COLUMNS}, user_id FROM usermeta_documents WHERE ${sql} AND user_id > ?
        ORDER BY user_id LIMIT ?`)
      .all(...values, after, limit)
      .map((found) => {
        const row = columnsOf(found) ?? [];
        const userId = String(row.at(-1));
        return { userId, document: decode(row, userId) };
      });
  return (query) => {
    const { tier, where, after, limit } = query;
    const conditions = keys.flatMap((key) => {
      const value = key.tier === tier ? askedAt(key, where) : undefined;
      return value === undefined ? [] : [conditionOf(key, value)];
    });
    if (conditions.length === 0 && Object.keys(where).length > 0) throw unsearched(query);
    const condition: Condition = {
      sql: ["1", ...conditions.map(({ sql }) => sql)].join(" AND "),
      values: conditions.flatMap(({ values }) => values),
    };
    // SQL compares `true` with 1, and an object with its text, so each that is found is looked at again.
    const found: FoundDocument[] = [];
    let last = after;
    for (;;) {
      const next = page(condition, last, limit);
      found.push(...next.filter(({ document }) => jsonContains(document[tier], where)));
      if (found.length >= limit || next.length < limit) return found.slice(0, limit);
      last = next.at(-1)?.userId ?? last;
    }
  };
};
