import { setTimeout as sleep } from "node:timers/promises";
import type { FindQuery, Swap } from "@usermeta/core";
import type { EncodedChange, Row } from "./documents.ts";
import type { Opened } from "./opened.ts";
import { rowChanges } from "./row-changes.ts";
import { finder } from "./search.ts";
import { closedFault, toStoreError } from "./sqlite-errors.ts";

const LONGEST_PAUSE_MS = 50;

/** What became of changes. */
export interface Written {
  readonly swaps: readonly Swap[];
  /** The numbers of `rowChanges` before and after them, if it was asked for. */
  readonly counts?: readonly [before: number, after: number];
}

/** What is done on a connection, in rows: on this thread or on another. */
export interface Work {
  read(userIds: readonly string[]): Promise<readonly (Row | undefined)[]>;
  write(changes: readonly EncodedChange[], isCounted?: boolean): Promise<Written>;
  /** Rows of documents, each with its user id behind. */
  find(query: FindQuery): Promise<readonly Row[]>;
  count(): Promise<number>;
  close(): Promise<void>;
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

/** Works on this thread. `wrote` is told of what was written before anything else is done on the connection. */
export const workOn = (
  opened: Opened,
  search: readonly string[],
  wrote: (changes: readonly EncodedChange[], swaps: readonly Swap[]) => void = () => {},
): Work => {
  const { database, where, transaction, statements } = opened;
  let closed = false;
  const attempt = <T>(work: () => T): Promise<T> =>
    waiting(opened, () => {
      if (!closed) return work();
      throw closedFault(where);
    });
  const attemptRead = <T>(work: () => T): Promise<T> => attempt(() => transaction("BEGIN", work));
  const find = finder({ connection: database, where, names: search, attempt: attemptRead });
  const swapAll = (changes: readonly EncodedChange[]): Written => ({ swaps: changes.map(statements.swap) });
  const swapCounted = (changes: readonly EncodedChange[]): Written => {
    const before = rowChanges(database);
    return { ...swapAll(changes), counts: [before, rowChanges(database)] };
  };

  return {
    read: (userIds) => attemptRead(() => userIds.map(statements.find)),
    write: (changes, isCounted = false) =>
      attempt(() => {
        const swap = isCounted ? swapCounted : swapAll;
        const written = transaction("BEGIN IMMEDIATE", () => swap(changes));
        wrote(changes, written.swaps);
        return written;
      }),
    find,
    count: () => attempt(statements.count),
    async close() {
      closed = true;
      opened.release();
    },
  };
};
