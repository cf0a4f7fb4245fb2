import { randomUUID } from "node:crypto";
import { type FindQuery, type Store, type Tier, UserMetadataError } from "@usermeta/core";
import { adopt, connect } from "./connections.ts";
import { documentsOf } from "./documents.ts";
import { beginEpoch, journalOf } from "./journal.ts";
import { createListener, type Listener } from "./listener.ts";
import { once } from "./once.ts";
import { checkOptions, type PostgresStoreOptions } from "./options.ts";
import { storeFault, toStoreError } from "./postgres-errors.ts";
import { migrate } from "./schema.ts";
import { tablesOf } from "./tables.ts";
import { writerOf } from "./writes.ts";

/** A store in PostgreSQL. */
export interface PostgresStore extends Required<Omit<Store, "subscribe">>, Pick<Store, "subscribe"> {
  /**
   * Makes the tables, the indexes and the triggers, or brings them to this version. The first read or write does it by
   * itself; this is for a deployment whose app has no right to create, and to fail at the start if something is wrong.
   */
  migrate(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Keeps documents in PostgreSQL, in a table that it makes if it is missing, when it is first used. A `read` and a
 * `write` of many users are one statement each, outside of any transaction, and through a pooler with no state in the
 * session, so that PgBouncer may pool transactions.
 *
 * Throws `options_invalid`. Reads and writes reject with `store_busy`, `store_corrupt`, `store_full`,
 * `store_read_only`, `store_schema_newer`, `store_unavailable` or `internal_error`, and with `options_invalid` if a
 * pooler loses what `prepare` has prepared; with all but `store_unavailable` nothing was written. `find` rejects with
 * `search_unsupported` if the tier is not in `search`. A write that the server rolls back for another transaction's
 * sake (a deadlock with a statement of the app's, a serialization failure) answers that no swap was applied. A user whose
 * row another transaction has locked for longer than 100 ms gets `store_busy`, and hinders no other.
 *
 * A cache over it is at most 1 s behind what another process has been acknowledged, most often some ms: a trigger tells
 * of each write (`NOTIFY`), whoever made it, and memory is trusted for 1 s after the listening connection has shown that
 * it has heard everything. Until it is there again after a loss, reads go to the server.
 *
 * @example
 * ```ts
 * import { createUserMetadata } from "@usermeta/core";
 * import { postgresStore } from "@usermeta/store-postgres";
 *
 * const connectionString = process.env.DATABASE_URL ?? "postgres://localhost/app";
 * const metadata = createUserMetadata({ store: postgresStore({ connectionString, search: ["public"] }) });
 * await metadata.updateUserMetadata("jane", { publicMetadata: { plan: "pro" } });
 * const { users } = await metadata.find({ where: { plan: "pro" } });
 * console.log(users.map(({ userId }) => userId)); // [ "jane" ]
 * await metadata.close();
 * ```
 */
export const postgresStore = (options: PostgresStoreOptions): PostgresStore => {
  checkOptions(options);
  const { schema = "public", table = "usermeta_documents", search = [] } = options;
  const { listenConnectionString: listenAt, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const tables = tablesOf(schema, table);
  const where = tables.documents;
  const closer = new AbortController();
  const closing = closer.signal;
  const { run, quickly, confirmed, release } =
    options.pool === undefined ? connect(options, timeoutMs, closing) : adopt(options.pool, closing);
  const { prepare = options.pool === undefined } = options;
  const id = randomUUID().slice(0, 8);
  const named = (name: string) => (prepare ? { name: `usermeta_${id}_${name}` } : {});
  const documents = documentsOf({ run, quickly }, where, named("read"));
  const begin = once(() => beginEpoch(run, tables));
  const { write, writeTogether } = writerOf({
    begin,
    run: confirmed(run),
    quickly: confirmed(quickly),
    named,
    tables,
    closing,
  });
  const listeners: Listener[] = [];
  const migrated = once(() => migrate(run, tables, search, listenAt !== undefined));

  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    closing.throwIfAborted();
    try {
      await migrated();
      return await work();
    } catch (error) {
      throw toStoreError(error, where);
    }
  };
  const subscribe: NonNullable<Store["subscribe"]> = (changed) => {
    const listener = createListener({ connectionString: listenAt ?? "", timeoutMs, tables, run }, changed);
    listeners.push(listener);
    return listener.isLive;
  };

  return {
    remote: true,
    ...(listenAt !== undefined && { subscribe }),
    migrate: () => attempt(async () => undefined),
    read: (userIds) => attempt(() => documents.read(userIds)),
    write: (changes) => attempt(() => write(changes)),
    writeTogether: (changes) => attempt(() => writeTogether(changes)),
    find: async (query) => {
      checkSearched(query, search);
      return attempt(() => documents.find(query));
    },
    journal: journalOf({ run, tables, begin, attempt }),
    count: () => attempt(documents.count),
    close: async () => {
      if (closing.aborted) return;
      closer.abort(storeFault(CLOSED, where));
      await Promise.all([...listeners.map((listener) => listener.close()), release()]);
    },
  };
};

const CLOSED = ["store_unavailable", "the store is closed", "Make a new one with postgresStore()."] as const;

const checkSearched = ({ tier, where }: FindQuery, search: readonly Tier[]): void => {
  if (search.includes(tier) || Object.keys(where).length === 0) return;
  throw new UserMetadataError(
    "search_unsupported",
    `The PostgreSQL store is not searched by the tier ${tier}. Add it: postgresStore({ search: ["${tier}"] }).`,
  );
};
