/** Something that is given up at a moment, unless it is done before. */
export interface Deadline {
  /** It is done. Calling it twice is harmless. */
  cancel(): void;
}

/** Of Node; elsewhere a timer is a number, and does not keep a process running. */
interface NodeTimer {
  ref?(): void;
  unref?(): void;
}

/**
 * Deadlines that all take the same time, so that the oldest is always the next: one timer serves all of them, and
 * adding or cancelling one costs the same however many there are.
 */
export class Deadlines {
  readonly #timeoutMs: number;
  /** A ring: its `next` is the oldest, its `previous` the newest. */
  readonly #ring: Entry = new Entry(0, () => {});
  #timer: NodeTimer | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Calls `expire` after the time, unless it is cancelled before. */
  add(expire: () => void): Deadline {
    const entry = new Entry(performance.now() + this.#timeoutMs, expire, this.#rest);
    entry.insertBefore(this.#ring);
    if (this.#timer) this.#timer.ref?.();
    else this.#wait(this.#timeoutMs);
    return entry;
  }

  /** Does work; rejects with `late()` if it takes longer than the time. */
  bound<T>(work: () => Promise<T>, late: () => Error): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const deadline = this.add(() => reject(late()));
    const run = async (): Promise<void> => {
      try {
        resolve(await work());
      } catch (error) {
        reject(error);
      }
      deadline.cancel();
    };
    void run();
    return promise;
  }

  /** In Node the timer goes on, so that none is made for each deadline, but it does not keep the process running. */
  readonly #rest = (): void => {
    if (!this.#timer || this.#ring.next !== this.#ring) return;
    if (this.#timer.unref) this.#timer.unref();
    else {
      clearTimeout(this.#timer as unknown as number);
      this.#timer = undefined;
    }
  };

  #wait(ms: number): void {
    this.#timer = setTimeout(this.#expire, Math.max(ms, 1)) as NodeTimer;
  }

  readonly #expire = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    for (let { next } = this.#ring; next !== this.#ring && next.at <= now; { next } = this.#ring) {
      next.cancel();
      next.expire();
    }
    const { next } = this.#ring;
    if (next !== this.#ring && !this.#timer) this.#wait(next.at - now);
  };
}

class Entry implements Deadline {
  readonly at: number;
  readonly expire: () => void;
  readonly #onCancel: (() => void) | undefined;
  next: Entry = this;
  previous: Entry = this;

  constructor(at: number, expire: () => void, onCancel?: () => void) {
    this.at = at;
    this.expire = expire;
    this.#onCancel = onCancel;
  }

  insertBefore(other: Entry): void {
    this.previous = other.previous;
    this.next = other;
    other.previous.next = this;
    other.previous = this;
  }

  cancel(): void {
    if (this.next === this) return;
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.next = this;
    this.previous = this;
    this.#onCancel?.();
  }
}
