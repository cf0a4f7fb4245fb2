import type { SqliteConnection, Transaction } from "./connection.ts";
import { fileOf, transactionsOn } from "./connection.ts";
import type { DocumentStatements } from "./documents.ts";
import { documentStatements } from "./documents.ts";
import { openFile } from "./open-file.ts";
import type { SqliteDatabaseOptions, SqlitePathOptions } from "./options.ts";
import { type OwnFiles, ownFilesOf } from "./own-file.ts";
import { migrate } from "./schema.ts";
import { createIndexes } from "./search.ts";
import { toStoreError } from "./sqlite-errors.ts";
import { cleanerOf } from "./traces.ts";

const DEFAULT_BUSY_TIMEOUT_MS = 5000;

/** A connection with the store's tables in it. */
export interface Opened {
  /** Held for as long as the store: in early Node 22, a connection that is collected finalizes its statements. */
  readonly database: SqliteConnection;
  /** What messages call the database. */
  readonly where: string;
  readonly busyTimeoutMs: number;
  /** The files that were opened; `undefined` in memory. */
  readonly own: OwnFiles | undefined;
  readonly transaction: Transaction;
  readonly statements: DocumentStatements;
  /** Is to be called after each write, with whether it erased somebody. Not of a connection of the app's. */
  clean?(hasErased: boolean): void;
  release(): void;
}

const prepare = (
  database: SqliteConnection,
  where: string,
  search: readonly string[],
): Pick<Opened, "transaction" | "statements"> => {
  try {
    migrate(database, where);
    const transaction = transactionsOn(database);
    createIndexes(database, transaction, search);
    return { transaction, statements: documentStatements(database) };
  } catch (error) {
    throw toStoreError(error, where);
  }
};

/** Opens a file of the store's own. `where`: what messages call it, if not by its path. */
export const openPath = (
  { path, busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS, search = [] }: SqlitePathOptions,
  where: string = path,
): Opened => {
  const database = openFile(path, busyTimeoutMs);
  const release = (): void => database.close();
  try {
    const prepared = prepare(database, where, search);
    // From here on the store waits by itself: SQLite's own waiting would stop the event loop.
    database.exec("PRAGMA busy_timeout = 0");
    const own = ownFilesOf(fileOf(database));
    const clean = cleanerOf(database);
    return { ...prepared, database, where, busyTimeoutMs, own, clean, release };
  } catch (error) {
    release();
    throw error;
  }
};

/** Takes a connection that the app has open. */
export const adopt = ({ database, search = [] }: SqliteDatabaseOptions): Opened => {
  const where = fileOf(database);
  const prepared = prepare(database, where, search);
  return { ...prepared, database, where, busyTimeoutMs: 0, own: ownFilesOf(where), release: () => {} };
};
