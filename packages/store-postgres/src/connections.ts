import { Socket } from "node:net";
import pg from "pg";
import type { PostgresClient, PostgresConnectionOptions, PostgresPool } from "./options.ts";
import { pipelineOver, type Queryable, singly } from "./pipeline.ts";
import { UnconfirmedError } from "./postgres-errors.ts";
import type { Run } from "./schema.ts";

/** What a store sends its statements over. */
export interface Connections {
  /** For what may take long. */
  readonly run: Run;
  /** For what is quick: a statement may wait for another. */
  readonly quickly: Run;
  /** As a `Run` of the two, but rejects if the commit may not be on a synchronous standby. */
  confirmed(run: Run): Run;
  release(): Promise<void>;
}

const TEXT = { getTypeParser: () => (value: string) => value };

const runOn =
  (target: Queryable, closing: AbortSignal): Run =>
  async (query) => {
    closing.throwIfAborted();
    return (await target.query({ ...query, rowMode: "array", types: TEXT })).rows;
  };

/** The pool replaces an idle connection that failed. Its event would end a process that does not listen. */
const ignore = (): void => undefined;

/** PostgreSQL's function that waits for the standby. If that is cancelled, the commit succeeds, with a warning of it. */
const WAIT = "SyncRepWaitForLSN";

/** How many commits on a pool did not wait to the end so far. Several stores may be given one pool. */
const CANCELLED = new WeakMap<PostgresPool, { count: number }>();

/** Counts them from now on. A warning comes before the answer to the statement that it is about. */
const cancelledOn = (pool: PostgresPool): { readonly count: number } => {
  const known = CANCELLED.get(pool);
  if (known) return known;
  const cancelled = { count: 0 };
  CANCELLED.set(pool, cancelled);
  const heard = new WeakSet<PostgresClient>();
  pool.on("acquire", (client) => {
    if (heard.has(client)) return;
    heard.add(client);
    client.on("notice", ({ routine }) => {
      if (routine === WAIT) cancelled.count += 1;
    });
  });
  return cancelled;
};

const confirmedOn = (pool: PostgresPool): Connections["confirmed"] => {
  const cancelled = cancelledOn(pool);
  return (run) => async (query) => {
    const before = cancelled.count;
    const rows = await run(query);
    if (cancelled.count !== before) throw new UnconfirmedError();
    return rows;
  };
};

/** The connections of the app's pool. */
export const adopt = (pool: PostgresPool, closing: AbortSignal): Connections => {
  const run = runOn(pool, closing);
  pool.on("error", ignore);
  return {
    ...{ run, quickly: run, confirmed: confirmedOn(pool) },
    release: async () => {
      pool.off("error", ignore);
    },
  };
};

/**
 * A pool of the store's own.
 * @param closing from then on nothing is sent, and what was is waited for as long as a statement is
 */
export const connect = (
  { connectionString, prepare = false }: PostgresConnectionOptions,
  timeoutMs: number,
  closing: AbortSignal,
): Connections => {
  const sockets = new Set<Socket>();
  const open = (): Socket => {
    const socket = new Socket();
    sockets.add(socket);
    return socket.once("close", () => sockets.delete(socket));
  };
  const pool = new pg.Pool({
    connectionString,
    stream: open,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    keepAlive: true,
    pipeline: true,
  });
  pool.on("error", ignore);
  // A server may end a connection in the packet that opens it, before a promise could tell who asked for it.
  pool.on("connect", (client) => void client.on("error", ignore));
  const release = async (): Promise<void> => {
    const closed = [...sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve)));
    const hangUp = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, timeoutMs);
    await Promise.all([pool.end(), ...closed]);
    clearTimeout(hangUp);
  };
  return {
    run: runOn(singly(pool, closing), closing),
    quickly: runOn(pipelineOver({ pool, prepare, closing }), closing),
    confirmed: confirmedOn(pool),
    release,
  };
};
