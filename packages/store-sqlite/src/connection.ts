import { toStoreError } from "./sqlite-errors.ts";

/** What is bound to a parameter of a statement. */
export type SqliteValue = string | number | null;

/** A prepared statement, as `node:sqlite` and `better-sqlite3` have it. */
export interface SqliteStatement {
  get(...parameters: SqliteValue[]): unknown;
  all(...parameters: SqliteValue[]): unknown[];
  /** Of `node:sqlite` from Node 24 on. */
  setReturnArrays?(enabled: boolean): void;
  /** Of `better-sqlite3`. */
  raw?(enabled: boolean): unknown;
  run(...parameters: SqliteValue[]): {
    readonly changes: number | bigint;
    readonly lastInsertRowid: number | bigint;
  };
}

/** What the store asks of an open connection: `DatabaseSync` of `node:sqlite` and `Database` of `better-sqlite3` have it. */
export interface SqliteConnection {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
}

/** The columns of a row in their order; an app's connection may be set to return rows as arrays. */
export const columnsOf = (row: unknown): readonly unknown[] | undefined =>
  Array.isArray(row) || row === undefined || row === null ? (row ?? undefined) : Object.values(row);

/** What messages call a connection: its file, `":memory:"` if it has none. */
export const fileOf = (connection: SqliteConnection): string => {
  try {
    const file = columnsOf(connection.prepare("PRAGMA database_list").get())?.[2];
    return typeof file === "string" && file !== "" ? file : ":memory:";
  } catch (error) {
    throw toStoreError(error, "the app's connection");
  }
};

/** Runs work in one transaction and answers what it returns; when it throws, nothing of it is stored. */
export type Transaction = <T>(begin: "BEGIN" | "BEGIN IMMEDIATE", work: () => T) => T;

/** A `Transaction` on statements prepared once. */
export const transactionsOn = (connection: SqliteConnection): Transaction => {
  const begins = {
    BEGIN: connection.prepare("BEGIN"),
    "BEGIN IMMEDIATE": connection.prepare("BEGIN IMMEDIATE"),
  };
  const commit = connection.prepare("COMMIT");
  const rollback = connection.prepare("ROLLBACK");

  return (begin, work) => {
    // Outside of the try: if the app has a transaction open this fails, and a ROLLBACK would undo the app's work.
    begins[begin].run();
    try {
      const result = work();
      commit.run();
      return result;
    } catch (error) {
      try {
        rollback.run();
      } catch {
        // SQLite has rolled back by itself, as it does when the disk is full.
      }
      throw error;
    }
  };
};

/** Statements by their text, each prepared when it is first used. */
export const statementsOn = (connection: SqliteConnection): ((sql: string) => SqliteStatement) => {
  const prepared = new Map<string, SqliteStatement>();
  return (sql) => {
    const statement = prepared.get(sql) ?? connection.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
};
