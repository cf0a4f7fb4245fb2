import type { Change } from "@usermeta/core";
import { DOCUMENT_COLUMNS, toRow } from "@usermeta/core/storing";
import type { SqliteConnection, SqliteValue } from "./connection.ts";
import { columnsOf } from "./connection.ts";

/** A row that was read, before its JSON is parsed. */
export type Row = readonly unknown[];

/** The statements on `usermeta_documents`, prepared once. */
export interface DocumentStatements {
  find(userId: string): Row | undefined;
  /** Whether the change was applied. Its document is serialized before, outside of the transaction. */
  swap(change: EncodedChange): boolean;
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
const UPDATE = `UPDATE usermeta_documents SET ${DOCUMENT_COLUMNS.map((name) => `${name} = ?`).join(", ")}
  WHERE user_id = ? AND version = ?`;
const DELETE = "DELETE FROM usermeta_documents WHERE user_id = ? AND version = ?";

export const documentStatements = (connection: SqliteConnection): DocumentStatements => {
  const select = connection.prepare(SELECT);
  // Rows as arrays are quicker; each of the two has its own name for it.
  if (select.setReturnArrays) select.setReturnArrays(true);
  else select.raw?.(true);
  const insert = connection.prepare(INSERT);
  const update = connection.prepare(UPDATE);
  const remove = connection.prepare(DELETE);
  const countAll = connection.prepare("SELECT count(*) FROM usermeta_documents");

  const find = (userId: string): Row | undefined => columnsOf(select.get(userId));
  const changed = ({ userId, expected, values }: EncodedChange): number | bigint => {
    if (values === null) return remove.run(userId, expected).changes;
    if (expected === 0) return insert.run(userId, ...values).changes;
    return update.run(...values, userId, expected).changes;
  };
  return {
    find,
    count: () => Number(columnsOf(countAll.get())?.[0]),
    swap: (change) =>
      change.values === null && change.expected === 0
        ? find(change.userId) === undefined
        : Number(changed(change)) === 1,
  };
};
