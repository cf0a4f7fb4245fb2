import { pathToFileURL } from "node:url";
import type { Store } from "@usermeta/core";
import { decode } from "./documents.ts";
import { encode } from "./encoded-change.ts";
import { adopt, type Opened, openPath } from "./opened.ts";
import type { SqlitePathOptions, SqliteStoreOptions } from "./options.ts";
import { cannotThread, checkOptions } from "./options.ts";
import { startThread, threadFile } from "./thread.ts";
import { onThisThread, onTwoThreads, type Parts } from "./threads.ts";
import type { Work } from "./work.ts";

/** A store in SQLite. */
export interface SqliteStore extends Required<Omit<Store, "remote">> {}

/** The path by which the thread opens the same file, wherever the app's working folder is by then. */
const samePath = (path: string, file: string): string =>
  path.startsWith("file:") ? pathToFileURL(file).href + (/\?.*$/s.exec(path)?.[0] ?? "") : file;

const inFile = (opened: Opened, options: SqlitePathOptions): Parts => {
  const { path, search = [], thread } = options;
  const { own, where } = opened;
  const module = threadFile();
  if (thread !== false && own && module !== undefined) {
    const start = (): Work => startThread(module, { ...options, path: samePath(path, own.file), where, own });
    return onTwoThreads(opened, search, { start, isSteady: thread === true });
  }
  if (thread !== true) return onThisThread(opened, search);
  throw cannotThread(own ? "its file is not in the bundle of the app" : `"${path}" is in memory`);
};

const partsOn = (opened: Opened, options: SqliteStoreOptions): Parts => {
  if (options.path === undefined) return onThisThread(opened, options.search ?? []);
  try {
    return inFile(opened, options);
  } catch (error) {
    opened.release();
    throw error;
  }
};

/**
 * Keeps documents in SQLite, in the tables `usermeta_documents` and `usermeta_schema`, which it makes if they are
 * missing. A file of its own runs in WAL mode with `synchronous=FULL`: what a write acknowledged survives a power cut.
 * Several processes on one machine may share the file; not over a network file system.
 *
 * Throws `options_invalid`, and if the database cannot be opened `store_unavailable`, `store_busy`, `store_corrupt`,
 * `store_full`, `store_read_only` or `store_schema_newer`. Reads and writes reject with the same `store_…` codes; after
 * `close()` with `store_unavailable`. Writes reject with `store_replaced` if the file is not the one that was opened. `find` rejects with `search_unsupported` if `search` has none of its keys.
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
  const { where } = opened;
  const { work, changes } = partsOn(opened, options);
  let closing: Promise<void> | undefined;
  return {
    async read(userIds) {
      const rows = await work.read(userIds);
      return rows.map((row, index) => row && decode(row, userIds[index] ?? "", where));
    },
    async write(changes) {
      const { swaps } = await work.write(changes.map(encode));
      return swaps;
    },
    async writeTogether(changes) {
      const { swaps } = await work.write(changes.map(encode), { isTogether: true });
      return swaps;
    },
    async find(query) {
      const rows = await work.find(query);
      return rows.map((row) => {
        const userId = String(row.at(-1));
        return { userId, document: decode(row, userId, where) };
      });
    },
    count: work.count,
    journal: {
      read: (query) => work.journal("read", query),
      follow: (after, limit) => work.journal("follow", after, limit),
      end: () => work.journal("end"),
      trim: (before, limit) => work.journal("trim", before, limit),
      trimSubjects: (subjects, most) => work.journal("trimSubjects", subjects, most),
      erasures: (digest) => work.journal("erasures", digest),
      salt: () => work.journal("salt"),
    },
    subscribe: changes.subscribe,
    close() {
      changes.end();
      closing ??= work.close();
      return closing;
    },
  };
};
