import { createHash } from "node:crypto";
import type { JsonValue, MetadataDocument, Swap, Tier, UserMetadataError } from "@usermeta/core";
import { DOCUMENT_COLUMNS, fromRow } from "@usermeta/core/storing";
import type { SqliteConnection } from "./connection.ts";
import { columnsOf } from "./connection.ts";
import type { EncodedChange } from "./encoded-change.ts";
import { linedSwapOn } from "./journal/lined-swap.ts";
import { corruptDocument } from "./sqlite-errors.ts";

/** A row that was read, before its JSON is parsed. */
export type Row = readonly unknown[];

/** The statements on `usermeta_documents`, prepared once. */
export interface DocumentStatements {
  find(userId: string): Row | undefined;
  /** What became of the change, whose lines are kept with it. Its document is serialized before, outside of the transaction. */
  swap(change: EncodedChange): Swap;
  count(): number;
}

/** Names a user in a text, which goes into logs: a user id may be an e-mail address. `docs/errors.md` says how to find it. */
const digestOf = (userId: string): string => createHash("sha256").update(userId).digest("hex").slice(0, 12);

/** The document in a row, or why it cannot be read. */
export const decode = (row: Row, userId: string, where: string): MetadataDocument | UserMetadataError => {
  try {
    return fromRow(row);
  } catch (error) {
    return corruptDocument({ digest: digestOf(userId), version: row[VERSION] }, where, error);
  }
};

/** One tier in a row; `undefined` if it cannot be read. */
export const tierOf = (row: Row, tier: Tier): JsonValue | undefined => {
  try {
    return JSON.parse(String(row[DOCUMENT_COLUMNS.indexOf(`${tier}_metadata`)]));
  } catch {
    return undefined;
  }
};

/** What `fromRow` takes. */
export const COLUMNS: string = DOCUMENT_COLUMNS.join(", ");
const SELECT = `SELECT ${COLUMNS} FROM usermeta_documents WHERE user_id = ?`;
const INSERT = `INSERT INTO usermeta_documents (user_id, ${COLUMNS}) VALUES (?${", ?".repeat(DOCUMENT_COLUMNS.length)})`;
const REMOVED = "SELECT removed_version FROM usermeta_schema";
const REMEMBER = "UPDATE usermeta_schema SET removed_version = ? WHERE removed_version < ?";
const UPDATE = `UPDATE usermeta_documents SET ${DOCUMENT_COLUMNS.map((name) => `${name} = ?`).join(", ")}
  WHERE user_id = ? AND version = ?`;
const DELETE = "DELETE FROM usermeta_documents WHERE user_id = ? AND version = ?";

const VERSION = DOCUMENT_COLUMNS.indexOf("version");

/** The users whose change was applied, with the version that each has now. */
export const versionsOf = (
  changes: readonly EncodedChange[],
  swaps: readonly Swap[],
): ReadonlyMap<string, number> => {
  const applied = changes.filter((_, index) => swaps[index] === true);
  return new Map(applied.map(([userId, , values]) => [userId, Number(values?.[VERSION] ?? 0)]));
};

const hasChanged = ({ changes }: { readonly changes: number | bigint }): boolean => Number(changes) === 1;

export const documentStatements = (connection: SqliteConnection): DocumentStatements => {
  const select = connection.prepare(SELECT);
  // Rows as arrays are quicker; each of the two has its own name for it.
  if (select.setReturnArrays) select.setReturnArrays(true);
  else select.raw?.(true);
  const insert = connection.prepare(INSERT);
  const update = connection.prepare(UPDATE);
  const remove = connection.prepare(DELETE);
  const removed = connection.prepare(REMOVED);
  const remember = connection.prepare(REMEMBER);
  const countAll = connection.prepare("SELECT count(*) FROM usermeta_documents");

  const find = (userId: string): Row | undefined => columnsOf(select.get(userId));
  /** The greatest version of all that were removed. */
  const removedVersion = (): number => Number(columnsOf(removed.get())?.[0]);
  const swapWithLines = linedSwapOn(connection, {
    removedVersion,
    remember: (version) => remember.run(version, version),
  });
  /** What holds nothing is inserted or, if it was cleared again before it was stored, only remembered. */
  const insertDocument = ([userId, , values, least, greatest]: EncodedChange): Swap => {
    if (find(userId) !== undefined) return false;
    const floor = removedVersion();
    if (least <= floor) return floor;
    if (values) insert.run(userId, ...values);
    else if (greatest > floor) remember.run(greatest, greatest);
    return true;
  };
  const removeDocument = ([userId, expected, , , greatest]: EncodedChange): boolean => {
    const isRemoved = hasChanged(remove.run(userId, expected));
    if (isRemoved) remember.run(greatest, greatest);
    return isRemoved;
  };
  const swapDocument = (change: EncodedChange): Swap => {
    const [userId, expected, values] = change;
    if (expected === 0) return insertDocument(change);
    if (values === null) return removeDocument(change);
    return hasChanged(update.run(...values, userId, expected));
  };
  return {
    find,
    count: () => Number(columnsOf(countAll.get())?.[0]),
    swap: (change) => {
      const lines = change[5];
      return lines ? swapWithLines(change, lines) : swapDocument(change);
    },
  };
};
