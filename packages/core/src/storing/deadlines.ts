/** Something that is given up at a moment, unless it is done before. */
export class Timed {
  /** When it is given up, as `performance.now()` has it. */
  at = 0;
  next: Timed | undefined;
  previous: Timed | undefined;

  /** Its time is over. */
  expire(): void {}
}

/** Of Node; elsewhere a timer is a number, and does not keep a process running. */
interface NodeTimer {
  ref?(): void;
  unref?(): void;
}

/**
 * Deadlines that all take the same time, so that the oldest is always the next: one timer serves all of them, and
 * adding or removing one costs the same however many there are.
 */
export class Deadlines {
  readonly #timeoutMs: number;
  /** Its `next` is the oldest, its `previous` the newest. */
  readonly #ring: Timed & Record<"next" | "previous", Timed> = ring();
  #timer: NodeTimer | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Calls `timed.expire()` after the time, unless it is removed before. */
  add(timed: Timed): void {
    const newest = this.#ring.previous;
    timed.at = performance.now() + this.#timeoutMs;
    timed.next = this.#ring;
    timed.previous = newest;
    newest.next = timed;
    this.#ring.previous = timed;
    if (newest !== this.#ring) return;
    if (this.#timer) this.#timer.ref?.();
    else this.#wait(this.#timeoutMs);
  }

  /** It is done. Calling this twice is harmless. */
  remove(timed: Timed): void {
    const { next, previous } = timed;
    if (!next || !previous) return;
    previous.next = next;
    next.previous = previous;
    timed.next = undefined;
    timed.previous = undefined;
    if (this.#ring.next === this.#ring) this.#rest();
  }

  /** Does work; rejects with `late()` if it takes longer than the time. */
  bound<T>(work: () => Promise<T>, late: () => Error): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const timed = new Timed();
    timed.expire = () => reject(late());
    this.add(timed);
    work()
      .then(resolve, reject)
      .finally(() => this.remove(timed));
    return promise;
  }

  /** In Node the timer goes on, so that none is made for each deadline, but it does not keep the process running. */
  #rest(): void {
    if (!this.#timer) return;
    if (this.#timer.unref) this.#timer.unref();
    else {
      clearTimeout(this.#timer as unknown as number);
      this.#timer = undefined;
    }
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(this.#expire, Math.max(ms, 1)) as NodeTimer;
  }

  readonly #expire = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    for (let { next } = this.#ring; next !== this.#ring && next.at <= now; { next } = this.#ring) {
      this.remove(next);
      next.expire();
    }
    const { next } = this.#ring;
    if (next !== this.#ring && !this.#timer) this.#wait(next.at - now);
  };
}

/** The end of a ring of deadlines: alone, it is its own neighbour. */
const ring = (): Timed & Record<"next" | "previous", Timed> => {
  const end = new Timed();
  return Object.assign(end, { next: end, previous: end });
};
