import type { MetadataDocument, Mutation } from "../document/document.ts";

/** A mutation that waits, and the caller who waits for its answer. */
export interface Waiting {
  readonly mutation: Mutation;
  readonly resolve: (document: MetadataDocument) => void;
  readonly reject: (error: unknown) => void;
  /** How many swaps this mutation has lost. */
  lost: number;
}

/** Users, each with the mutations that are applied to the user's document, in order. */
export type Batch = ReadonlyMap<string, readonly Waiting[]>;

/** Users in one batch: limits how long a synchronous store holds the event loop, and the size of a statement. */
const MAX_USERS = 512;
/** A smaller part of a divided batch would cost a remote store more than it gains. */
const MIN_USERS = 8;

/** The mutations that wait, by user. A user is in one batch at a time: the next waits until the user is released. */
export class WriteQueue {
  readonly #parts: number;
  #waiting: Map<string, Waiting[]> = new Map();
  readonly #busy: Set<string> = new Set();

  /** @param parts into how many batches the users that wait are divided */
  constructor(parts: number) {
    this.#parts = parts;
  }

  /** Whether a mutation waits. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Whether no mutation waits and no user is in a batch. */
  get isIdle(): boolean {
    return this.#waiting.size + this.#busy.size === 0;
  }

  /** Adds a mutation behind those of the same user. */
  add(userId: string, waiting: Waiting): void {
    const queue = this.#waiting.get(userId);
    if (queue) queue.push(waiting);
    else this.#waiting.set(userId, [waiting]);
  }

  /** Takes a batch of users who are in none, and keeps them until they are released. */
  take(): Batch {
    const batch = this.#waiting;
    // A new map, not the same one emptied: the old tables of a long-lived map keep its entries alive.
    this.#waiting = new Map();
    const busy = this.#busy.size;
    const part = (busy + batch.size) / this.#parts;
    const most = busy + Math.min(Math.max(part, MIN_USERS), MAX_USERS);
    for (const [userId, queue] of batch) {
      if (this.#busy.has(userId) || this.#busy.size >= most) {
        batch.delete(userId);
        this.#waiting.set(userId, queue);
      } else this.#busy.add(userId);
    }
    return batch;
  }

  /** Lets the next batch have a user. */
  release(userId: string): void {
    this.#busy.delete(userId);
  }

  /** Releases a user and puts mutations back, in front of those that came after them. */
  putBack(userId: string, again: readonly Waiting[]): void {
    this.#busy.delete(userId);
    if (again.length > 0) this.#waiting.set(userId, [...again, ...(this.#waiting.get(userId) ?? [])]);
  }
}
