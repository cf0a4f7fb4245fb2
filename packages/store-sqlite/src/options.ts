import type { UserMetadataError } from "@usermeta/core";
import { checkStoreOptions } from "@usermeta/core/storing";
import type { SqliteConnection } from "./connection.ts";

interface SearchOptions {
  /**
   * The keys that `find` searches by, each with its tier, as in `"public.plan"` or `"private.address.city"`; each has an
   * index, which makes writes slower. A search asks for a string, number, boolean or null at one of them at least.
   * @default [] `find` lists users and takes no `where`
   */
  readonly search?: readonly string[] | undefined;
}

/** The store opens a file of its own. */
export interface SqlitePathOptions extends SearchOptions {
  /** The file, made if there is none; its folder must be there. `":memory:"` forgets everything at `close()`. */
  readonly path: string;
  /**
   * How long a read or a write waits for another connection's lock before it fails with `store_busy`, in ms. The
   * event loop goes on meanwhile; only `sqliteStore()` itself waits without letting go of it.
   * @default 5000
   */
  readonly busyTimeoutMs?: number | undefined;
  /**
   * Whether writes and searches are made on a thread of their own, so that the event loop does not wait for the disk.
   * `true`: at all times; it is `options_invalid` for `":memory:"`, and if a bundler has left out the thread's file.
   * `false`: never.
   * @default while the disk is slow: if a commit takes less than about 1 ms, a thread makes writes slower
   */
  readonly thread?: boolean | undefined;
  readonly database?: undefined;
}

/** The store uses a connection that the app has open. */
export interface SqliteDatabaseOptions extends SearchOptions {
  /**
   * An open `DatabaseSync` of `node:sqlite` or `Database` of `better-sqlite3`. Its pragmas are left as they are, so
   * durability and waiting for locks are as the app has set them. The store never closes it.
   */
  readonly database: SqliteConnection;
  readonly path?: undefined;
  readonly busyTimeoutMs?: undefined;
  readonly thread?: undefined;
}

/** Either a file or an open connection. */
export type SqliteStoreOptions = SqlitePathOptions | SqliteDatabaseOptions;

const NAMES = ["path", "busyTimeoutMs", "thread", "database", "search"];
/** Without what SQLite's paths give a meaning to, also in quotes. */
const SEARCHED_KEY = /^(public|private|unsafe)(\.[^."\\\p{Cc}]+)+$/u;

const check = checkStoreOptions("sqliteStore()");

/** Whether a key can be one of `search`. */
export const isSearchedKey = (key: unknown): boolean => typeof key === "string" && SEARCHED_KEY.test(key);

const checkPath = ({ path, busyTimeoutMs = 0, thread = true }: SqlitePathOptions): void => {
  // SQLite takes "" for a temporary file, which would lose what was acknowledged.
  if (typeof path !== "string" || path === "" || path.includes("\0"))
    throw check.invalid('path must be the name of a file, or ":memory:".');
  check.milliseconds("busyTimeoutMs", busyTimeoutMs, 0);
  if (typeof thread !== "boolean") throw check.invalid("thread must be true or false.");
};

/** The error of `thread: true`, if it cannot be. */
export const cannotThread = (reason: string): UserMetadataError =>
  check.invalid(`thread: true is not possible: ${reason}.`);

const checkDatabase = ({ database, busyTimeoutMs, thread }: SqliteStoreOptions): void => {
  if (typeof database?.exec !== "function" || typeof database.prepare !== "function")
    throw check.invalid("database must be an open connection of node:sqlite or better-sqlite3.");
  if (busyTimeoutMs !== undefined)
    throw check.invalid("busyTimeoutMs goes with path; set a connection's own timeout when you open it.");
  if (thread !== undefined)
    throw check.invalid("thread goes with path; a connection of the app stays on the app's thread.");
};

/** Throws `options_invalid` unless the options are one of the two kinds, without a name that neither knows. */
export const checkOptions = (options: SqliteStoreOptions): void => {
  check.names(options, NAMES, '{ path: "usermeta.db" } or { database }');
  check.either(options, "path", "database");
  if (options.path === undefined) checkDatabase(options);
  else checkPath(options);
  const { search = [] } = options;
  if (!Array.isArray(search) || !search.every(isSearchedKey))
    throw check.invalid('search must be a list of keys with their tiers, as in ["public.plan"].');
};
