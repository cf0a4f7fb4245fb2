import type { Caller } from "./caller.ts";

/** The callers of one user who wait, in order. A line is in one batch at a time. */
export interface Line {
  readonly userId: string;
  waiting: Caller[];
  /** How often in a row the store could not serve it. */
  failures: number;
  /** How many hold it back. */
  holds: number;
  /** Whether it would be ready if nobody held it. */
  isHeld: boolean;
}

/** A line that was taken, with the callers whose turn it is. */
export interface Taken {
  readonly line: Line;
  readonly callers: readonly Caller[];
}

/** Users in one batch: limits how long a synchronous store holds the event loop, and the size of a statement. */
const MAX_USERS = 512;
/** A smaller part of a divided batch would cost a remote store more than it gains. */
const MIN_USERS = 8;
/** Callers of one user in one batch. */
const MAX_CALLERS = 512;

/** The callers who wait, in a line for each user. What a batch costs depends on what it takes, not on what waits. */
export class WriteQueue {
  readonly #parts: number;
  readonly #lines: Map<string, Line> = new Map();
  /** Lines that may be taken, the oldest first; those before `#first` are taken. */
  #ready: Line[] = [];
  #first = 0;
  #taken = 0;

  /** @param parts into how many batches the users that wait are divided */
  constructor(parts: number) {
    this.#parts = parts;
  }

  /** Whether a caller waits who may be taken. */
  get isWaiting(): boolean {
    return this.#first < this.#ready.length;
  }

  /** Whether no caller waits and no line is taken. */
  get isIdle(): boolean {
    return this.#lines.size === 0;
  }

  /** Adds a caller behind those of the same user. */
  add(userId: string, caller: Caller): void {
    const line = this.#lines.get(userId);
    if (line) line.waiting.push(caller);
    else this.#free(this.#open(userId, [caller]));
  }

  /** Keeps a user's line from being taken, until the function is called that it returns. One that is taken stays so. */
  hold(userId: string): () => void {
    const line = this.#lines.get(userId) ?? this.#open(userId, []);
    line.holds += 1;
    return () => {
      line.holds -= 1;
      if (line.holds === 0 && line.isHeld) this.#free(line);
    };
  }

  /** Takes a batch of lines, and keeps them until they are given back. */
  take(): readonly Taken[] {
    const part = (this.#taken + this.#ready.length - this.#first) / this.#parts;
    const most = Math.min(Math.max(part, MIN_USERS), MAX_USERS);
    const batch: Taken[] = [];
    while (batch.length < most && this.isWaiting) {
      const line = this.#ready[this.#first++] as Line;
      if (line.holds > 0) {
        line.isHeld = true;
        continue;
      }
      const callers = takeFrom(line);
      if (callers.length > 0) batch.push({ line, callers });
      else if (line.waiting.length > 0) this.#ready.push(line);
      else this.#lines.delete(line.userId);
    }
    if (this.#first > this.#ready.length / 2) {
      this.#ready = this.#ready.slice(this.#first);
      this.#first = 0;
    }
    this.#taken += batch.length;
    return batch;
  }

  /** Lets the next batch have a line. `again`: callers who go before those that came after them. */
  giveBack(line: Line, again?: readonly Caller[]): void {
    this.#taken -= 1;
    if (again) line.waiting = [...again, ...line.waiting];
    this.#free(line);
  }

  #open(userId: string, waiting: Caller[]): Line {
    const line: Line = { userId, waiting, failures: 0, holds: 0, isHeld: true };
    this.#lines.set(userId, line);
    return line;
  }

  #free(line: Line): void {
    line.isHeld = line.holds > 0;
    if (line.isHeld) return;
    if (line.waiting.length > 0) this.#ready.push(line);
    else this.#lines.delete(line.userId);
  }
}

/** The first callers of a line, without those who left. */
const takeFrom = (line: Line): readonly Caller[] => {
  const { waiting } = line;
  line.waiting = waiting.length > MAX_CALLERS ? waiting.slice(MAX_CALLERS) : [];
  if (waiting.length > MAX_CALLERS) waiting.length = MAX_CALLERS;
  return waiting.some(({ hasLeft }) => hasLeft) ? waiting.filter(({ hasLeft }) => !hasLeft) : waiting;
};
