import type { Change, MetadataDocument } from "@usermeta/core";
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
  values: next && [
    JSON.stringify(next.public),
    JSON.stringify(next.private),
    JSON.stringify(next.unsafe),
    JSON.stringify(next.claims),
    next.version,
    next.createdAt,
    next.updatedAt,
  ],
});

const parsed = (text: unknown): object => {
  const value: unknown = JSON.parse(String(text));
  if (typeof value !== "object" || value === null) throw new SyntaxError("not a JSON object");
  return value;
};

/** Parses a row; a `SyntaxError` says that it is not what this package wrote. */
export const decode = (row: Row): MetadataDocument => ({
  public: parsed(row[0]) as MetadataDocument["public"],
  private: parsed(row[1]) as MetadataDocument["private"],
  unsafe: parsed(row[2]) as MetadataDocument["unsafe"],
  claims: parsed(row[3]) as MetadataDocument["claims"],
  // An app's connection may be set to return integers as bigints.
  version: Number(row[4]),
  createdAt: Number(row[5]),
  updatedAt: Number(row[6]),
});

/** What `decode` takes, in its order. */
export const COLUMNS =
  "public_metadata, private_metadata, unsafe_metadata, claims, version, created_at, updated_at";
const SELECT = `SELECT ${COLUMNS} FROM usermeta_documents WHERE user_id = ?`;
const INSERT = `INSERT INTO usermeta_documents (user_id, public_metadata, private_metadata, unsafe_metadata, claims,
  version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
const UPDATE = `UPDATE usermeta_documents SET public_metadata = ?, private_metadata = ?, unsafe_metadata = ?,
  claims = ?, version = ?, created_at = ?, updated_at = ? WHERE user_id = ? AND version = ?`;
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
