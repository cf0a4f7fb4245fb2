import { createHash } from "node:crypto";
import type { Tier } from "@usermeta/core";

/** The names of what a store keeps, quoted for SQL. */
export interface Tables {
  readonly schema: string;
  readonly documents: string;
  /** Holds one number: the version of the tables. */
  readonly versions: string;
  /**
   * Has a row for each statement that wrote, for as long as somebody may have to ask what became of it; and the greatest
   * version that was removed, under an id that comes after those of all statements.
   */
  readonly writes: string;
  /** The function that swaps documents. */
  readonly write: string;
  /** The function that swaps them all or none. */
  readonly together: string;
  /** The lines of the journal, who was erased, and one row about them all. */
  readonly entries: string;
  readonly erasures: string;
  readonly journal: string;
  /** The function that swaps documents and keeps lines. */
  readonly record: string;
  /** The function of the triggers that tell of writes. */
  readonly tell: string;
  /** The channel on which they tell. */
  readonly channel: string;
  /** The index that finds a user; a name without its schema, as the next. */
  readonly lookup: string;
  /** The index that finds the greatest version that was removed. */
  readonly removed: string;
  /** The index by which lines are followed, and that by which erasures are found. */
  readonly order: string;
  readonly digests: string;
  /** The index that searches a tier. */
  index(tier: Tier): string;
}

const quoted = (name: string): string => `"${name}"`;

export const tablesOf = (schema: string, table: string): Tables => ({
  schema: quoted(schema),
  documents: `${quoted(schema)}.${quoted(table)}`,
  versions: `${quoted(schema)}.${quoted(`${table}_schema`)}`,
  writes: `${quoted(schema)}.${quoted(`${table}_writes`)}`,
  write: `${quoted(schema)}.${quoted(`${table}_write`)}`,
  together: `${quoted(schema)}.${quoted(`${table}_together`)}`,
  entries: `${quoted(schema)}.${quoted(`${table}_entries`)}`,
  erasures: `${quoted(schema)}.${quoted(`${table}_erasures`)}`,
  journal: `${quoted(schema)}.${quoted(`${table}_journal`)}`,
  record: `${quoted(schema)}.${quoted(`${table}_record`)}`,
  tell: `${quoted(schema)}.${quoted(`${table}_changed`)}`,
  // As short as a name must be, and without what would have to be quoted.
  channel: `usermeta_${createHash("sha256").update(`${schema}.${table}`).digest("hex").slice(0, 32)}`,
  lookup: quoted(`${table}_lookup`),
  removed: quoted(`${table}_removed`),
  order: quoted(`${table}_order`),
  digests: quoted(`${table}_digests`),
  index: (tier) => quoted(`${table}_${tier}`),
});
