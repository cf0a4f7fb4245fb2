import type pg from "pg";
import type { PostgresPool, PostgresQuery } from "./options.ts";
import { isUnprepared } from "./postgres-errors.ts";

/** What statements can be sent to. */
export type Queryable = Pick<PostgresPool, "query">;

type Result = Awaited<ReturnType<Queryable["query"]>>;

/** Of the 10 connections of a pool: the others are for what may take long. */
const MAX_LANES = 8;
/** The server works on one statement, and has the next when it is done. */
const MAX_UNDER_WAY = 2;
/** How long a statement waits for the one ahead of it, in ms. */
const PATIENCE_MS = 1000;

/** The plan of what is prepared is kept: one that goes through a small table would do so too when it has grown. */
const OFF = ["seqscan", "hashjoin", "mergejoin"].map((plan) => `set_config('enable_${plan}', 'off', false)`);

/** Binds the number that the connection was told: a server tells its process's, a pooler one that it made. */
const CHECK = `SELECT CASE pg_backend_pid() WHEN $1 THEN concat(${OFF}) END AS direct`;

/** A statement was sent behind another that took too long or lost the connection. Whether it is done is not known. */
export class HeldUpError extends Error {}

/** A connection that is sent a statement before the one ahead of it is answered. */
class Lane {
  /** Statements that it was chosen for and that are not done. */
  underWay = 0;
  readonly connection: Promise<pg.PoolClient>;
  readonly #onBlocked: (lane: Lane) => void;
  /** What was sent and is not answered, in the order of the answers. */
  readonly #sent: PromiseWithResolvers<Result>[] = [];
  #watch: NodeJS.Timeout | undefined;
  #givenUp = false;

  constructor(connect: (onError: () => void) => Promise<pg.PoolClient>, onBlocked: (lane: Lane) => void) {
    this.#onBlocked = onBlocked;
    this.connection = connect(this.#block);
  }

  send(connection: Queryable, query: PostgresQuery): Promise<Result> {
    const answer = Promise.withResolvers<Result>();
    if (this.#sent.push(answer) === 1) this.#watch = setTimeout(this.#overdue, PATIENCE_MS);
    connection
      .query(query)
      .then(answer.resolve, answer.reject)
      .finally(() => this.#answered());
    return answer.promise;
  }

  /** Gives the connection back, to be closed if an answer that nobody waits for is still to come. */
  release(connection: pg.PoolClient): void {
    connection.release(this.#givenUp);
    connection.off("error", this.#block);
  }

  #answered(): void {
    this.#sent.shift();
    if (this.#sent.length > 0) this.#watch?.refresh();
    else clearTimeout(this.#watch);
  }

  /** An answer that has come while this process itself was busy is handled before `setImmediate`. */
  readonly #overdue = (): void => {
    const [first] = this.#sent;
    setImmediate(() => {
      if (first === this.#sent[0]) this.#block();
    });
  };

  readonly #block = (): void => {
    this.#onBlocked(this);
    for (const { reject } of this.#sent.slice(1)) {
      this.#givenUp = true;
      reject(new HeldUpError("The statement ahead of it on the same connection was not answered."));
    }
  };
}

/** Sends each statement over a connection of its own, and none once it is closing. */
export const singly = (pool: pg.Pool, closing: AbortSignal): Queryable => ({
  query: async (query) => {
    const client = await pool.connect();
    let failed = true;
    try {
      closing.throwIfAborted();
      const result = await client.query(query);
      failed = false;
      return result;
    } finally {
      client.release(failed);
    }
  },
});

/** What a pipeline is made of. */
interface PipelineOptions {
  /** Of clients with `pipeline: true`. */
  readonly pool: pg.Pool;
  /** Whether statements with a name are prepared through a pooler too. */
  readonly prepare: boolean;
  /** From then on nothing is sent. */
  readonly closing: AbortSignal;
}

/**
 * Sends a statement before the last is answered, over as few connections of a pool as take it, if they lead straight
 * to the server; if a pooler is between, which may not expect that, each over a connection of its own. Rejects with
 * `HeldUpError` if the statement ahead, which may wait for a lock, takes long.
 */
export const pipelineOver = ({ pool, prepare, closing }: PipelineOptions): Queryable => {
  const alone = singly(pool, closing);
  const lanes: Lane[] = [];
  const checked = new WeakSet<pg.PoolClient>();
  let direct = true;

  const connect = async (onError: () => void): Promise<pg.PoolClient> => {
    const client = await pool.connect();
    client.on("error", onError);
    if (checked.has(client)) return client;
    try {
      const { rows } = await client.query(CHECK, [(client as { processID?: unknown }).processID]);
      if (rows[0].direct === null) direct = false;
      checked.add(client);
      return client;
    } catch (error) {
      client.release(true);
      throw error;
    }
  };

  const close = (lane: Lane): void => {
    if (lanes.includes(lane)) lanes.splice(lanes.indexOf(lane), 1);
  };

  const choose = (): Lane => {
    const free = lanes.find(({ underWay }) => underWay < MAX_UNDER_WAY);
    if (free) return free;
    if (lanes.length === MAX_LANES)
      return lanes.reduce((least, lane) => (lane.underWay < least.underWay ? lane : least));
    const lane = new Lane(connect, close);
    lanes.push(lane);
    return lane;
  };

  /** Resolves to `undefined` if the statement was not done and must go over a connection of its own. */
  const sendAhead = async (query: PostgresQuery): Promise<Result | undefined> => {
    const lane = choose();
    let connection: pg.PoolClient | undefined;
    lane.underWay += 1;
    try {
      connection = await lane.connection;
      closing.throwIfAborted();
      return direct ? await lane.send(connection, query) : undefined;
    } catch (error) {
      // The statement ahead was to prepare it too, and could not be prepared.
      if (isUnprepared(error)) return undefined;
      throw error;
    } finally {
      lane.underWay -= 1;
      if (lane.underWay === 0) {
        close(lane);
        if (connection) lane.release(connection);
      }
    }
  };

  return {
    query: async (query) => {
      const result = direct ? await sendAhead(query) : undefined;
      const { name, ...unnamed } = query;
      return result ?? alone.query(prepare ? query : unnamed);
    },
  };
};
