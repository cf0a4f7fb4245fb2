import { setTimeout as sleep } from "node:timers/promises";
import type { MetadataDocument, Store } from "@usermeta/core";
import { fromRow } from "@usermeta/core/storing";
import { changesOf } from "./changes.ts";
import type { SqliteConnection, Transaction } from "./connection.ts";
import { fileOf, transactionsOn } from "./connection.ts";
import type { DocumentStatements, Row } from "./documents.ts";
import { documentStatements, encode } from "./documents.ts";
import { openFile } from "./open-file.ts";
import type { SqliteDatabaseOptions, SqlitePathOptions, SqliteStoreOptions } from "./options.ts";
import { checkOptions } from "./options.ts";
import { migrate } from "./schema.ts";
import { createIndexes, finder } from "./search.ts";
import { storeFault, toStoreError } from "./sqlite-errors.ts";

const DEFAULT_BUSY_TIMEOUT_MS = 5000;
const LONGEST_PAUSE_MS = 50;

interface Opened {
  /** Held for as long as the store: in early Node 22, a connection that is collected finalizes its statements. */
  readonly database: SqliteConnection;
  /** What messages call the database. */
  readonly where: string;
  readonly busyTimeoutMs: number;
  readonly transaction: Transaction;
  readonly statements: DocumentStatements;
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

const openPath = ({
  path,
  busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS,
  search = [],
}: SqlitePathOptions): Opened => {
  const database = openFile(path, busyTimeoutMs);
  const release = (): void => database.close();
  try {
    const prepared = prepare(database, path, search);
    // From here on the store waits by itself: SQLite's own waiting would stop the event loop.
    database.exec("PRAGMA busy_timeout = 0");
    return { ...prepared, database, where: path, busyTimeoutMs, release };
  } catch (error) {
    release();
    throw error;
  }
};

const adopt = ({ database, search = [] }: SqliteDatabaseOptions): Opened => {
  const where = fileOf(database);
  return { ...prepare(database, where, search), database, where, busyTimeoutMs: 0, release: () => {} };
};

const decodeRow = (row: Row, userId: string, where: string): MetadataDocument => {
  try {
    return fromRow(row);
  } catch (error) {
    const happened = `the row of user ${JSON.stringify(userId)} in usermeta_documents does not hold JSON`;
    throw storeFault(["store_corrupt", happened, "Correct or delete that row."], where, error);
  }
};

/** A store in SQLite. */
export interface SqliteStore extends Required<Omit<Store, "remote">> {
  /** All users are read, or none. */
  read(userIds: readonly string[]): Promise<readonly (MetadataDocument | undefined)[]>;
}

/** Runs work; if the database is locked, again and again until `busyTimeoutMs` are over. */
const waiting = async <T>({ where, busyTimeoutMs }: Opened, work: () => T): Promise<T> => {
  const deadline = performance.now() + busyTimeoutMs;
  for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return work();
    } catch (error) {
      const fault = toStoreError(error, where);
      if (fault.code !== "store_busy" || performance.now() + pauseMs > deadline) throw fault;
    }
    await sleep(pauseMs);
  }
};

/**
 * Keeps documents in SQLite, in the tables `usermeta_documents` and `usermeta_schema`, which it makes if they are
 * missing. A file of its own runs in WAL mode with `synchronous=FULL`: what a write acknowledged survives a power cut.
 * Several processes on one machine may share the file; not over a network file system.
 *
 * Throws `options_invalid`, and if the database cannot be opened `store_unavailable`, `store_busy`, `store_corrupt`,
 * `store_full`, `store_read_only` or `store_schema_newer`. Reads and writes reject with the same `store_…` codes; after
 * `close()` with `store_unavailable`. `find` rejects with `search_unsupported` if `search` has none of its keys.
 *
 * A cache over it is never behind: before each answer it asks SQLite whether another connection has committed, to
 * whichever table, and if so is emptied. A write of the app's own through a connection that it gave the store is not seen.
 *
 * @example
 * ```ts
 * import { createUserMetadata } from "@usermeta/core";
 * import { sqliteStore } from "@usermeta/store-sqlite";
 *
 * const metadata = createUserMetadata({ store: sqliteStore({ path: "usermeta.db", search: ["public.plan"] }) });
 * await metadata.updateUserMetadata("jane", { publicMetadata: { plan: "pro" } });
 * const { users } = await metadata.find({ where: { plan: "pro" } });
 * console.log(users.map(({ userId }) => userId)); // [ "jane" ]
 * await metadata.close();
 * ```
 */
export const sqliteStore = (options: SqliteStoreOptions): SqliteStore => {
  checkOptions(options);
  const opened = options.path === undefined ? adopt(options) : openPath(options);
  const { database, where, transaction, statements } = opened;
  const decode = (row: Row, userId: string): MetadataDocument => decodeRow(row, userId, where);
  const find = finder(database, options.search ?? [], decode);
  const changed = changesOf(database, transaction);
  let closed = false;

  const attempt = <T>(work: () => T): Promise<T> =>
    waiting(opened, () => {
      if (!closed) return work();
      throw storeFault(
        ["store_unavailable", "the store is closed", "Make a new one with sqliteStore()."],
        where,
      );
    });

  return {
    async read(userIds) {
      const rows = await attempt(() => transaction("BEGIN", () => userIds.map(statements.find)));
      return rows.map((row, index) => row && decode(row, userIds[index] ?? ""));
    },
    async write(changes) {
      const encoded = changes.map(encode);
      return attempt(() => {
        const swapped = transaction("BEGIN IMMEDIATE", () => encoded.map(statements.swap));
        changed.wrote(changes, swapped);
        return swapped;
      });
    },
    find: (query) => attempt(() => transaction("BEGIN", () => find(query))),
    count: () => attempt(statements.count),
    subscribe: changed.subscribe,
    async close() {
      if (closed) return;
      closed = true;
      changed.end();
      opened.release();
    },
  };
};
