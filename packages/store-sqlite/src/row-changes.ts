import type { SqliteConnection, SqliteStatement, Transaction } from "./connection.ts";
import { columnsOf } from "./connection.ts";

const EVENTS = ["INSERT", "UPDATE", "DELETE"];
const TABLE = `CREATE TABLE IF NOT EXISTS usermeta_changes (count INTEGER NOT NULL) STRICT;
  INSERT INTO usermeta_changes (count) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM usermeta_changes);`;
const TRIGGERS = EVENTS.map(
  (event) => `CREATE TRIGGER IF NOT EXISTS usermeta_counts_${event} AFTER ${event} ON usermeta_documents
  BEGIN UPDATE usermeta_changes SET count = count + 1; END;`,
);

/** Has SQLite count the changes of rows of `usermeta_documents` from now on, whoever makes them. */
export const countRowChanges = (connection: SqliteConnection, transaction: Transaction): void => {
  const made = connection
    .prepare("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'usermeta_counts_%'")
    .get();
  if (Number(columnsOf(made)?.[0]) === EVENTS.length) return;
  transaction("BEGIN IMMEDIATE", () => connection.exec([TABLE, ...TRIGGERS].join("\n")));
};

const STATEMENTS = new WeakMap<SqliteConnection, SqliteStatement>();

/** How many rows were changed. Greater after each commit that changed one, equal if there was none. */
export const rowChanges = (connection: SqliteConnection): number => {
  let statement = STATEMENTS.get(connection);
  if (!statement) {
    statement = connection.prepare("SELECT count FROM usermeta_changes");
    STATEMENTS.set(connection, statement);
  }
  return Number(columnsOf(statement.get())?.[0]);
};
