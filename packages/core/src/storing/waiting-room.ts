import { UserMetadataError } from "../errors.ts";

/** How much may wait for the store, and for how long. */
export interface WaitLimits {
  /** Calls that wait. */
  readonly maxWaiting: number;
  /** Bytes of UTF-8 JSON in the updates that wait. */
  readonly maxWaitingBytes: number;
  /** How long a call may wait, in ms. */
  readonly timeoutMs: number;
}

/** Counts the calls that wait for the store, and turns away those that are too many. */
export class WaitingRoom {
  readonly #limits: WaitLimits;
  #calls = 0;
  #bytes = 0;

  constructor(limits: WaitLimits) {
    this.#limits = limits;
  }

  /** Lets a call in. One that is larger than the limit is let in alone. @throws UserMetadataError `engine_overloaded` */
  enter(bytes: number): void {
    const { maxWaiting, maxWaitingBytes } = this.#limits;
    if (this.#calls >= maxWaiting) throw overloaded("calls", maxWaiting, "maxWaiting");
    if (this.#calls > 0 && this.#bytes + bytes > maxWaitingBytes)
      throw overloaded("bytes of updates", maxWaitingBytes, "maxWaitingBytes");
    this.#calls += 1;
    this.#bytes += bytes;
  }

  leave(bytes: number): void {
    this.#calls -= 1;
    this.#bytes -= bytes;
  }
}

const overloaded = (what: string, most: number, option: keyof WaitLimits): UserMetadataError =>
  new UserMetadataError(
    "engine_overloaded",
    `No more than ${most} ${what} may wait for the store. Nothing was written; try again, or raise limits.${option}.`,
  );
