import type { MetadataDocument, Tier } from "@usermeta/core";
import { DOCUMENT_COLUMNS, fromRow } from "@usermeta/core/storing";
import type { Tables } from "./tables.ts";

/** What `decode` takes, in its order. */
const COLUMNS = ["user_id", ...DOCUMENT_COLUMNS];

/** Parses a row of `COLUMNS`. @throws SyntaxError if the row is not what this package wrote */
export const decode = ([, ...columns]: readonly unknown[]): MetadataDocument => fromRow(columns);

/** The version in a row of `COLUMNS`. */
export const versionIn = (row: readonly unknown[]): unknown => row[COLUMNS.indexOf("version")];

/** Makes the index that finds a user at less than the primary key costs, the more so the more users there are. */
export const createLookup = ({ documents, lookup }: Tables): string =>
  `CREATE INDEX IF NOT EXISTS ${lookup} ON ${documents} USING hash (user_id);`;

/** What a column of JSON is searched as. `json` keeps the order of keys, `jsonb` is what is indexed. */
export const searched = (tier: Tier): string => `(${tier}_metadata::jsonb)`;

/** Binds an array of user ids. */
export const readStatement = (table: string): string =>
  `SELECT ${COLUMNS} FROM ${table} WHERE user_id = ANY ($1::text[])`;

/**
 * As `readStatement`, to be prepared: PostgreSQL can keep the plan of a join, which looks up each user in the hash index.
 * Without the limit it would plan a read of few users each time, because the plan that it keeps is made for ten users.
 * The limit removes no row, but PostgreSQL expects a tenth of the rows from a limit that it does not know.
 */
export const preparedReadStatement = (table: string): string =>
  `SELECT ${COLUMNS} FROM unnest($1::text[]) AS asked (id) JOIN ${table} ON user_id = id
  LIMIT cardinality($1::text[])`;

/** Binds the user id to start after, the limit, and if a tier is searched what it contains. */
export const findStatement = (table: string, tier: Tier | undefined): string =>
  `SELECT ${COLUMNS} FROM ${table} WHERE user_id > $1 ${tier ? `AND ${searched(tier)} @> $3::jsonb` : ""}
  ORDER BY user_id LIMIT $2`;
