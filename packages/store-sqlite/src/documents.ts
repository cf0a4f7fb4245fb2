import type { Change, Swap } from "@usermeta/core";
import { DOCUMENT_COLUMNS, toRow } from "@usermeta/core/storing";
import type { SqliteConnection, SqliteValue } from "./connection.ts";
import { columnsOf } from "./connection.ts";

/** A row that was read, before its JSON is parsed. */
export type Row = readonly unknown[];

/** The statements on `usermeta_documents`, prepared once. */
export interface DocumentStatements {
  find(userId: string): Row | undefined;
  /** What became of the change. Its document is serialized before, outside of the transaction. */
  swap(change: EncodedChange): Swap;
  count(): number;
}

/** A change whose document is serialized to the columns of its row. */
export interface EncodedChange {
  readonly userId: string;
  readonly expected: number;
  readonly values: readonly SqliteValue[] | null;
}

export const encode = ({ userId, expected, next }: Change): EncodedChange => ({
  userId,
  expected,
  values: next && toRow(next),
});

/** What `fromRow` takes. */
export const COLUMNS: string = DOCUMENT_COLUMNS.join(", ");
const SELECT = `SELECT ${COLUMNS} FROM usermeta_documents WHERE user_id = ?`;
const INSERT = `INSERT INTO usermeta_documents (user_id, ${COLUMNS}) VALUES (?${", ?".repeat(DOCUMENT_COLUMNS.length)})
  ON CONFLICT DO NOTHING`;
const REMOVED = "SELECT removed_version FROM usermeta_schema";
const REMEMBER = "UPDATE usermeta_schema SET removed_version = ? WHERE removed_version < ?";
const UPDATE = `UPDATE usermeta_documents SET ${DOCUMENT_COLUMNS.map((name) => `${name} = ?`).join(", ")}
  WHERE user_id = ? AND version = ?`;
const DELETE = "DELETE FROM usermeta_documents WHERE user_id = ? AND version = ?";

const VERSION = DOCUMENT_COLUMNS.indexOf("version");

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
  const removedVersion = (): number => Number(columnsOf(removed.get())?.[0]);
  const removeDocument = (userId: string, expected: number): boolean => {
    if (expected === 0) return find(userId) === undefined;
    const isRemoved = hasChanged(remove.run(userId, expected));
    if (isRemoved) remember.run(expected, expected);
    return isRemoved;
  };
  const insertDocument = (userId: string, values: readonly SqliteValue[]): Swap => {
    const floor = removedVersion();
    if (Number(values[VERSION]) > floor) return hasChanged(insert.run(userId, ...values));
    return find(userId) === undefined ? floor : false;
  };
  return {
    find,
    count: () => Number(columnsOf(countAll.get())?.[0]),
    swap: ({ userId, expected, values }) => {
      if (values === null) return removeDocument(userId, expected);
      if (expected === 0) return insertDocument(userId, values);
      return hasChanged(update.run(...values, userId, expected));
    },
  };
};
