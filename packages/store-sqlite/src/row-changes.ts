import type { SqliteConnection } from "./connection.ts";
import { columnsOf } from "./connection.ts";

const EVENTS = ["INSERT", "UPDATE", "DELETE"];
const COUNTING = `CREATE TABLE IF NOT EXISTS usermeta_changes (count INTEGER NOT NULL) STRICT;
  INSERT INTO usermeta_changes (count) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM usermeta_changes);
  ${EVENTS.map(
    (event) => `CREATE TRIGGER IF NOT EXISTS usermeta_counts_${event} AFTER ${event} ON usermeta_documents
  BEGIN UPDATE usermeta_changes SET count = count + 1; END;`,
  ).join("\n")}`;
const TRIGGERS = `SELECT count(*) FROM sqlite_schema
  WHERE type = 'trigger' AND name IN (${EVENTS.map((event) => `'usermeta_counts_${event}'`)})`;

/** Counts the changes of rows of `usermeta_documents`, whoever makes them. */
export interface RowChanges {
  /** Has SQLite count from now on; within a transaction. */
  begin(): void;
  /** Greater after each commit that changed a row, the same if there was none. */
  count(): number;
}

export const rowChangesOn = (connection: SqliteConnection): RowChanges => {
  let hasBegun = false;
  let counted: ReturnType<SqliteConnection["prepare"]> | undefined;
  return {
    begin: () => {
      if (hasBegun) return;
      const triggers = Number(columnsOf(connection.prepare(TRIGGERS).get())?.[0]);
      if (triggers < EVENTS.length) connection.exec(COUNTING);
      // Not known here if the transaction is rolled back.
      else hasBegun = true;
    },
    count: () => {
      counted ??= connection.prepare("SELECT count FROM usermeta_changes");
      return Number(columnsOf(counted.get())?.[0]);
    },
  };
};
