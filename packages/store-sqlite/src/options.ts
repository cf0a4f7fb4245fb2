import { UserMetadataError } from "@usermeta/core";
import type { SqliteConnection } from "./connection.ts";

interface SearchOptions {
  /**
   * The keys that `find` searches by, each with its tier, as in `"public.plan"` or `"private.address.city"`; each has an
   * index, which makes writes slower. A search asks for a string, number, boolean or null at one of them at least.
   * @default [] `find` lists users and takes no `where`
   */
  readonly search?: readonly string[];
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
  readonly busyTimeoutMs?: number;
  readonly database?: never;
}

/** The store uses a connection that the app has open. */
export interface SqliteDatabaseOptions extends SearchOptions {
  /**
   * An open `DatabaseSync` of `node:sqlite` or `Database` of `better-sqlite3`. Its pragmas are left as they are, so
   * durability and waiting for locks are as the app has set them. The store never closes it.
   */
  readonly database: SqliteConnection;
  readonly path?: never;
  readonly busyTimeoutMs?: never;
}

/** Either a file or an open connection. */
export type SqliteStoreOptions = SqlitePathOptions | SqliteDatabaseOptions;

const NAMES = new Set(["path", "busyTimeoutMs", "database", "search"]);
/** Without what SQLite's paths give a meaning to, also in quotes. */
const SEARCHED_KEY = /^(public|private|unsafe)(\.[^."\\\p{Cc}]+)+$/u;

const invalid = (message: string): UserMetadataError =>
  new UserMetadataError("options_invalid", `sqliteStore(): ${message}`);

const checkPath = ({ path, busyTimeoutMs = 0 }: SqlitePathOptions): void => {
  // SQLite takes "" for a temporary file, which would lose what was acknowledged.
  if (typeof path !== "string" || path === "" || path.includes("\0"))
    throw invalid('path must be the name of a file, or ":memory:".');
  if (!Number.isSafeInteger(busyTimeoutMs) || busyTimeoutMs < 0 || busyTimeoutMs > 0x7fffffff)
    throw invalid(
      `busyTimeoutMs must be a whole number of ms from 0 to ${0x7fffffff}, not ${busyTimeoutMs}.`,
    );
};

const checkDatabase = ({ database, busyTimeoutMs }: SqliteStoreOptions): void => {
  if (typeof database?.exec !== "function" || typeof database.prepare !== "function")
    throw invalid("database must be an open connection of node:sqlite or better-sqlite3.");
  if (busyTimeoutMs !== undefined)
    throw invalid("busyTimeoutMs goes with path; set a connection's own timeout when you open it.");
};

/** Throws `options_invalid` unless the options are one of the two kinds, without a name that neither knows. */
export const checkOptions = (options: SqliteStoreOptions): void => {
  if (typeof options !== "object" || options === null)
    throw invalid('give it { path: "usermeta.db" } or { database }.');
  const unknown = Object.keys(options).find((name) => !NAMES.has(name));
  if (unknown !== undefined)
    throw invalid(`"${unknown}" is not an option; there are ${[...NAMES].join(", ")}.`);
  if ((options.path === undefined) === (options.database === undefined))
    throw invalid("give it either path or database.");
  if (options.path === undefined) checkDatabase(options);
  else checkPath(options);
  const { search = [] } = options;
  if (!Array.isArray(search) || !search.every((key) => typeof key === "string" && SEARCHED_KEY.test(key)))
    throw invalid('search must be a list of keys with their tiers, as in ["public.plan"].');
};
