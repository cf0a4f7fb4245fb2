import { setTimeout as sleep } from "node:timers/promises";
import type { FindQuery, Journal, Swap } from "@usermeta/core";
import type { Row } from "./documents.ts";
import type { EncodedChange } from "./encoded-change.ts";
import { journalOn } from "./journal/journal.ts";
import type { Opened } from "./opened.ts";
import { checkOwnFiles } from "./own-file.ts";
import { rowChangesOn } from "./row-changes.ts";
import { finder } from "./search.ts";
import { closedFault, toStoreError } from "./sqlite-errors.ts";

const LONGEST_PAUSE_MS = 50;

/** What became of changes. */
export interface Written {
  readonly swaps: readonly Swap[];
  /** How long the commit took, in ms. */
  readonly commitMs: number;
  /** The numbers of `rowChanges` before and after them, if it was asked for. */
  readonly counts?: readonly [before: number, after: number];
}

type Swapped = Omit<Written, "commitMs">;

/** How changes are written. */
export interface WriteOptions {
  /** With the numbers of `rowChanges`. */
  readonly isCounted?: boolean | undefined;
  /** All of them or none. */
  readonly isTogether?: boolean | undefined;
}

/** What is done on a connection, in rows: on this thread or on another. */
export interface Work {
  write(changes: readonly EncodedChange[], options?: WriteOptions): Promise<Written>;
  /** Rows of documents, each with its user id behind. */
  find(query: FindQuery): Promise<readonly Row[]>;
  count(): Promise<number>;
  /** Calls a method of the journal. */
  journal<Name extends keyof Journal>(
    name: Name,
    ...args: Parameters<Journal[Name]>
  ): ReturnType<Journal[Name]>;
  close(): Promise<void>;
}

/** What is done on this thread alone, too. */
export interface WorkHere extends Work {
  read(userIds: readonly string[]): Promise<readonly (Row | undefined)[]>;
}

/** Runs work; if the database is locked, again and again until `busyTimeoutMs` are over. */
const waiting = async <T>({ where, busyTimeoutMs }: Opened, work: () => T): Promise<T> => {
  const deadline = performance.now() + busyTimeoutMs;
  for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return work();
    } catch (error) {
      if (error instanceof NotAllError) throw error;
      const fault = toStoreError(error, where);
      if (fault.code !== "store_busy" || performance.now() + pauseMs > deadline) throw fault;
    }
    await sleep(pauseMs);
  }
};

/** Rolls back changes that are to be applied together, of which one could not be. */
class NotAllError extends Error {
  readonly swaps: readonly Swap[];

  constructor(swaps: readonly Swap[]) {
    super("Not all of the changes can be applied.");
    this.swaps = swaps;
  }
}

const noneWritten = (error: unknown): Written => {
  if (!(error instanceof NotAllError)) throw error;
  return { swaps: error.swaps.map((swap) => swap !== true && swap), commitMs: 0 };
};

/** Told of what was written before anything else is done on the connection. */
type Wrote = (changes: readonly EncodedChange[], written: Written) => void;

const isErasure = ([, , , , , lines]: EncodedChange): boolean => lines?.[1] !== undefined;

/** TypeScript does not know that the arguments are those of the one method. */
const callOn = <Name extends keyof Journal>(
  journal: Journal,
  name: Name,
  args: Parameters<Journal[Name]>,
): ReturnType<Journal[Name]> =>
  (journal[name] as (...args: Parameters<Journal[Name]>) => ReturnType<Journal[Name]>)(...args);

/** Works on this thread. */
export const workOn = (opened: Opened, search: readonly string[], wrote?: Wrote): WorkHere => {
  const { database, where, own, transaction, statements } = opened;
  let closed = false;
  const attempt = <T>(work: () => T): Promise<T> =>
    waiting(opened, () => {
      if (closed) throw closedFault(where);
      return work();
    });
  const attemptRead = <T>(work: () => T): Promise<T> => attempt(() => transaction("BEGIN", work));
  const attemptWrite = <T>(work: () => T): Promise<T> => attempt(() => transaction("BEGIN IMMEDIATE", work));
  const find = finder({ connection: database, names: search, attempt: attemptRead });
  const journal = journalOn(database, { read: attemptRead, write: attemptWrite });
  const rowChanges = rowChangesOn(database);
  const swapAll = (changes: readonly EncodedChange[]): Swapped => ({ swaps: changes.map(statements.swap) });
  const swapCounted = (changes: readonly EncodedChange[]): Swapped => {
    rowChanges.begin();
    const before = rowChanges.count();
    return { ...swapAll(changes), counts: [before, rowChanges.count()] };
  };
  const write = (changes: readonly EncodedChange[], { isCounted, isTogether }: WriteOptions): Written => {
    let commitsFrom = 0;
    const swapped = transaction("BEGIN IMMEDIATE", () => {
      const result = isCounted ? swapCounted(changes) : swapAll(changes);
      if (isTogether && result.swaps.some((swap) => swap !== true)) throw new NotAllError(result.swaps);
      if (own) checkOwnFiles(own, where, database);
      commitsFrom = performance.now();
      return result;
    });
    const written = { ...swapped, commitMs: performance.now() - commitsFrom };
    opened.clean?.(changes.some(isErasure));
    wrote?.(changes, written);
    return written;
  };

  return {
    read: (userIds) => attemptRead(() => userIds.map(statements.find)),
    write: (changes, options = {}) => attempt(() => write(changes, options)).catch(noneWritten),
    find,
    count: () => attempt(statements.count),
    journal: (name, ...args) => callOn(journal, name, args),
    async close() {
      closed = true;
      opened.release();
    },
  };
};
