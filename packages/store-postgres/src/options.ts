import { TIERS, type Tier } from "@usermeta/core";
import { checkStoreOptions } from "@usermeta/core/storing";

/** What the store asks of a pool: one statement. Without `values` there may be several. */
export interface PostgresQuery {
  readonly text: string;
  readonly values?: unknown[];
  /** Rows as arrays. */
  readonly rowMode: "array";
  /** Values as text, whatever the app has told `pg` to make of types. */
  readonly types: { getTypeParser(): (value: string) => string };
  /** Names a prepared statement. */
  readonly name?: string;
}

/** What the store uses of a connection of a pool. */
export interface PostgresClient {
  on(event: "notice", listener: (notice: { readonly routine?: string | undefined }) => void): unknown;
}

/** What the store uses of a `Pool` of `pg`. */
export interface PostgresPool {
  query(query: PostgresQuery): Promise<{ readonly rows: readonly unknown[][] }>;
  on(event: "error", listener: () => void): unknown;
  on(event: "acquire", listener: (client: PostgresClient) => void): unknown;
  off(event: "error", listener: () => void): unknown;
}

interface TableOptions {
  /** The schema of the tables, made if there is none. @default "public" */
  readonly schema?: string | undefined;
  /** The name of the table of documents; at most 50 characters. @default "usermeta_documents" */
  readonly table?: string | undefined;
  /**
   * The tiers that `find` searches, each with a GIN index, which makes writes slower.
   * @default [] `find` lists users and takes no `where`
   */
  readonly search?: readonly Tier[] | undefined;
  /**
   * For `createUserMetadata({ cache })`: where to hear of writes, on one connection for each process. It leads to the same
   * database directly or through a pool of sessions: through a PgBouncer that pools transactions nothing is heard, so that
   * reads go to the server, with a warning. It makes triggers on the table, which every write then pays for.
   * @default none: the store cannot be cached
   */
  readonly listenConnectionString?: string | undefined;
  /**
   * Whether statements are prepared once for a connection, which is quicker. Behind a PgBouncer in transaction mode it
   * needs `max_prepared_statements` (1.21 or later); without that, reads and writes reject with `options_invalid`.
   * @default true if `connectionString` leads straight to the server, otherwise false
   */
  readonly prepare?: boolean | undefined;
}

/** The store uses the pool of the app. */
export interface PostgresPoolOptions extends TableOptions {
  /**
   * A `Pool` of `pg`. Its timeouts are the app's; `close()` leaves it open. Until then an error of an idle connection,
   * which would end a process that does not listen for it, is ignored: the pool has replaced the connection.
   */
  readonly pool: PostgresPool;
  readonly connectionString?: undefined;
  readonly timeoutMs?: undefined;
}

/** The store has a pool of its own, of at most 10 connections. */
export interface PostgresConnectionOptions extends TableOptions {
  /**
   * As in `postgres://user:password@host:5432/database?sslmode=verify-full`. If it leads straight to the server, and
   * not to a pooler, statements are sent before the last is answered.
   */
  readonly connectionString: string;
  /**
   * How long to wait for a connection, and then for the answer to a statement, each in ms.
   * @default 10000
   */
  readonly timeoutMs?: number | undefined;
  readonly pool?: undefined;
}

/** Either a pool or where to connect to. */
export type PostgresStoreOptions = PostgresPoolOptions | PostgresConnectionOptions;

const NAMES = [
  ...["pool", "connectionString", "timeoutMs", "schema", "table", "search"],
  ...["listenConnectionString", "prepare"],
];
/** PostgreSQL takes 63 bytes, and the names of the other tables and of the indexes are longer. */
const MAX_NAME = 50;

const check = checkStoreOptions("postgresStore()");

// pg would take "" for the address in the environment, or for the local machine.
const checkAddress = (option: string, value: unknown): void => {
  if (typeof value !== "string" || value === "")
    throw check.invalid(`${option} must look like "postgres://user:password@host:5432/database".`);
};

const checkConnection = ({ connectionString, timeoutMs = 1 }: PostgresConnectionOptions): void => {
  checkAddress("connectionString", connectionString);
  check.milliseconds("timeoutMs", timeoutMs, 1);
};

const checkPool = ({ pool, timeoutMs }: PostgresStoreOptions): void => {
  if (typeof pool?.query !== "function" || typeof pool.on !== "function")
    throw check.invalid("pool must be a Pool of pg.");
  if (timeoutMs !== undefined)
    throw check.invalid(
      "timeoutMs goes with connectionString; set connectionTimeoutMillis and query_timeout of your pool.",
    );
};

const checkTables = ({
  schema = "public",
  table = "t",
  search = [],
  prepare = false,
}: TableOptions): void => {
  for (const [option, name] of Object.entries({ schema, table })) {
    if (typeof name !== "string" || !/^[\w-]+$/.test(name) || name.length > MAX_NAME)
      throw check.invalid(`${option} must be a name of 1 to ${MAX_NAME} letters, digits, "_" and "-".`);
  }
  if (!Array.isArray(search) || !search.every((tier) => TIERS.includes(tier)))
    throw check.invalid(`search must be a list of tiers, of ${TIERS.join(", ")}.`);
  if (typeof prepare !== "boolean") throw check.invalid("prepare must be true or false.");
};

/** Throws `options_invalid` unless the options are one of the two kinds, without a name that neither knows. */
export const checkOptions = (options: PostgresStoreOptions): void => {
  check.names(options, NAMES, "{ connectionString } or { pool }");
  check.either(options, "pool", "connectionString");
  if (options.pool === undefined) checkConnection(options);
  else checkPool(options);
  if (options.listenConnectionString !== undefined)
    checkAddress("listenConnectionString", options.listenConnectionString);
  checkTables(options);
};
