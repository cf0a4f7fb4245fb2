import { randomBytes } from "node:crypto";
import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { migrate, type Run } from "./schema.ts";
import type { Tables } from "./tables.ts";
import { TRIGGERS, triggersStatement } from "./triggers.ts";

/** The bound: memory is trusted while the server has answered a question that was asked at most so long ago. */
const TRUSTED_MS = 1000;
const ASK_EVERY_MS = 250;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
/** Begins what a connection tells itself. */
const PROBE = "?";

/** Told of writes: of which users, and the version that each has now. */
export type Changed = (versions: ReadonlyMap<string, number> | undefined) => void;

/** Hears of writes for as long as it is live. */
export interface Listener {
  isLive(): boolean;
  close(): Promise<void>;
}

/** What a listener needs. */
export interface ListenerOptions {
  readonly connectionString: string;
  readonly timeoutMs: number;
  readonly tables: Tables;
  /** Runs statements on the connections that write. */
  readonly run: Run;
}

/**
 * Listens on a connection of its own, and connects again when that is lost. The server sends what was committed before a
 * question ahead of its answer, so an answer shows that all was told up to its question. It connects when it is first
 * asked whether it is live.
 */
export const createListener = (options: ListenerOptions, changed: Changed): Listener => {
  const closing = new AbortController();
  let trustedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;
  let warned = false;

  const onAnswer = (askedAt: number): void => {
    trustedAt = askedAt;
    warned = false;
  };
  const keepListening = async (): Promise<void> => {
    for (let pauseMs = FIRST_PAUSE_MS; !closing.signal.aborted; ) {
      const error = await listen(options, { changed, onAnswer, closing: closing.signal });
      const wasLive = trustedAt > 0;
      trustedAt = Number.NEGATIVE_INFINITY;
      if (closing.signal.aborted) return;
      if (!warned) warn(options.tables, error);
      warned = true;
      pauseMs = wasLive ? FIRST_PAUSE_MS : Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      await sleep(pauseMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };
  return {
    isLive: () => {
      if (closing.signal.aborted) return false;
      running ??= keepListening();
      return performance.now() - trustedAt <= TRUSTED_MS;
    },
    close: async () => {
      closing.abort();
      await running;
    },
  };
};

interface Events {
  readonly changed: Changed;
  /** The server has answered a question that was asked then. */
  readonly onAnswer: (askedAt: number) => void;
  readonly closing: AbortSignal;
}

/** Listens until the connection fails, and resolves to why; or until it is told to close. */
const listen = async (
  { connectionString, timeoutMs, tables, run }: ListenerOptions,
  { changed, onAnswer, closing }: Events,
): Promise<unknown> => {
  const socket = new Socket();
  const client = new pg.Client({
    connectionString,
    stream: () => socket,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    keepAlive: true,
  });
  const lost = new AbortController();
  const signal = AbortSignal.any([closing, lost.signal]);
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal });
  client.on("error", (error) => lost.abort(error));
  client.on("end", () => lost.abort(new Error("The connection ended.")));
  // Neither a server that does not answer nor a question under way keeps close() waiting.
  const hangUp = (): unknown => socket.destroy();
  closing.addEventListener("abort", hangUp, { once: true });
  const heard = Promise.withResolvers<void>();
  const probe = PROBE + randomBytes(16).toString("hex");
  client.on("notification", ({ payload = "" }) => {
    if (payload === probe) heard.resolve();
    else if (!payload.startsWith(PROBE)) changed(versionsOf(payload));
  });
  try {
    await migrate(run, tables, [], true);
    await client.connect();
    await client.query(`LISTEN ${tables.channel}`);
    await run({ text: "SELECT pg_notify($1, $2)", values: [tables.channel, probe] });
    await Promise.race([heard.promise, pause(timeoutMs).then(() => Promise.reject(deaf()))]);
    changed(undefined);
    for (;;) {
      const askedAt = performance.now();
      const { rows } = await client.query(triggersStatement, [tables.documents]);
      if (Number(rows[0]?.count) !== TRIGGERS.length) throw new Error("The triggers of the table are gone.");
      onAnswer(askedAt);
      await pause(ASK_EVERY_MS);
    }
  } catch (error) {
    return lost.signal.aborted ? lost.signal.reason : error;
  } finally {
    lost.abort();
    closing.removeEventListener("abort", hangUp);
    await client.end().catch(() => undefined);
  }
};

/** What the trigger tells: versions by user id; nothing if they were too many for a message. */
const versionsOf = (payload: string): ReadonlyMap<string, number> | undefined => {
  if (payload === "") return undefined;
  try {
    return new Map(Object.entries(JSON.parse(payload) as Record<string, number>));
  } catch {
    return undefined;
  }
};

const deaf = (): Error =>
  new Error(
    "A notification did not arrive. listenConnectionString must lead to the same database, and not through a PgBouncer that pools transactions.",
  );

/** Nobody waits for the listener, so there is nobody to throw at. */
const warn = ({ documents }: Tables, error: unknown): void =>
  process.emitWarning(
    `PostgreSQL table ${documents}: nobody tells the cache of writes, so reads go to the server until that is mended. ${error}`,
    { type: "UsermetaWarning", code: "USERMETA_CACHE_BYPASSED" },
  );
