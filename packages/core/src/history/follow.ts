import type { FollowedEntry, FollowOptions } from "../document/history-types.ts";
import type { Journal, PlacedEntry } from "../storing/journal.ts";
import { ERASED, readEntry } from "./entry.ts";
import { toHistoryEntry } from "./views.ts";

/** Entries read at once. */
const PAGE = 100;
/** How long to wait for what other processes write, in ms. */
const POLL_MS = 250;

/** Wakes whoever follows when this process has written. */
export class Alarm {
  #waiting: Set<() => void> = new Set();
  #isClosed = false;

  ring(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }

  /** Whether whoever waits shall end. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(): void {
    this.#isClosed = true;
    this.ring();
  }

  /** Resolves when it rings, after the time, or when the signal is aborted. */
  wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiting.add(wake);
      signal?.addEventListener("abort", wake);
    });
  }
}

/** Entries as they are committed, until the signal is aborted or the engine is closed. */
export async function* follow(
  journal: Journal,
  alarm: Alarm,
  { after, signal }: FollowOptions,
): AsyncGenerator<FollowedEntry, void> {
  const isOver = (): boolean => signal?.aborted === true || alarm.isClosed;
  let position = after ?? (await journal.end());
  while (!isOver()) {
    const entries = await journal.follow(position, PAGE).catch((error: unknown) => {
      // Of a store that was closed meanwhile.
      if (alarm.isClosed) return [];
      throw error;
    });
    for (const placed of entries) {
      if (isOver()) return;
      yield toFollowed(placed);
      position = placed.position;
    }
    if (entries.length < PAGE && !isOver()) await alarm.wait(POLL_MS, signal);
  }
}

const toFollowed = ({ position, ...stored }: PlacedEntry): FollowedEntry => {
  const { subject } = stored;
  const isErased = subject.startsWith(ERASED);
  return Object.assign(toHistoryEntry(readEntry(stored)), {
    userId: isErased ? undefined : subject,
    digest: isErased ? subject.slice(ERASED.length) : undefined,
    position,
  });
};
