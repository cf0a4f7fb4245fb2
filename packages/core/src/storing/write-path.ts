import { EMPTY_DOCUMENT, type Intent } from "../document/document.ts";
import type { Guard } from "../document/guard.ts";
import { UserMetadataError } from "../errors.ts";
import { Application } from "./application.ts";
import { Caller, type Current } from "./caller.ts";
import { Deadlines } from "./deadlines.ts";
import { hanging, readEach, toStoreError } from "./read-each.ts";
import type { Store, Swap } from "./store.ts";
import type { Turns } from "./turn.ts";
import type { Versions } from "./versions.ts";
import type { WaitingRoom } from "./waiting-room.ts";
import type { Recorder, Write, Written } from "./write.ts";
import { type Line, type Taken, WriteQueue } from "./write-queue.ts";

/** Batches under way at once, of disjoint users: one can be read while another is written. */
const MAX_IN_FLIGHT = 2;
/** Lost swaps after which a caller is told so. */
export const MAX_LOST = 64;
/** The longest pause before the next try: after a lost swap, and after the store could not be asked. In ms. */
const MAX_PAUSE_MS = { lost: 32, failed: 100 };
/** How long a batch waits for a caller whose schema is asynchronous, before it goes on without that user. In ms. */
const GRACE_MS = 10;

/** What a write path is made of. */
export interface WritePathParts {
  readonly store: Store;
  readonly guard: Guard;
  /** Judges what can be judged before the document is read; answers the bytes that wait. */
  readonly weigh: (intent: Intent) => number;
  readonly versions: Versions;
  /** Makes the entries of the history; `undefined`: there is none. */
  readonly record: Recorder | undefined;
  readonly room: WaitingRoom;
  readonly timeoutMs: number;
  readonly turns: Turns;
}

/**
 * The one place that writes, in four steps: take the callers who wait, have those of one user apply their changes in
 * order to one document, swap all documents in one `write` of the store, answer each caller with its own document or
 * error. Callers who come in the same turn of the event loop share one `read` and one `write`.
 */
export class WritePath {
  readonly #store: Store;
  readonly #guard: Guard;
  readonly #weigh: WritePathParts["weigh"];
  readonly #versions: Versions;
  readonly #record: Recorder | undefined;
  readonly #room: WaitingRoom;
  readonly #deadlines: Deadlines;
  readonly #queue: WriteQueue;
  readonly #askTurn: () => void;
  /** Users whose changes took longer than the grace, and are to be swapped. */
  #late: Application[] = [];
  #inFlight = 0;
  #finished: PromiseWithResolvers<void> | undefined;

  constructor({ store, guard, weigh, versions, record, room, timeoutMs, turns }: WritePathParts) {
    this.#store = store;
    this.#guard = guard;
    this.#weigh = weigh;
    this.#versions = versions;
    this.#record = record;
    this.#room = room;
    this.#deadlines = new Deadlines(timeoutMs);
    this.#queue = new WriteQueue(store.remote ? MAX_IN_FLIGHT : 1);
    this.#askTurn = turns(() => void this.#run());
  }

  /**
   * Writes in the context of whoever calls this; resolves once the result is durable, to the document before and after
   * this change (`EMPTY_DOCUMENT` if there was none, or if the change removed it).
   * @throws what the condition, the change and the guard throw, what the store throws, `write_contended`,
   * `write_not_sent`, `engine_overloaded`, and the reason of the signal
   */
  async write(userId: string, write: Write): Promise<Written> {
    const { change, condition, signal } = write;
    signal?.throwIfAborted();
    const caller = this.#admit(userId, this.#weigh(write));
    const leave = signal && (() => caller.fail(signal.reason));
    if (leave) signal.addEventListener("abort", leave);
    try {
      let before = EMPTY_DOCUMENT;
      for (let step = await caller.step(); ; step = await caller.step()) {
        if ("stored" in step) return { before, after: step.stored };
        const { document, corrupt } = step.current;
        before = document;
        try {
          condition?.(before);
          if (corrupt && !write.isWhole) throw corrupt;
          const content = change(before);
          const verdict = content && this.#guard(before, content, write);
          // A schema that hangs must not hold its caller longer than the deadline.
          if (verdict) await Promise.race([verdict, caller.left()]);
          caller.give(content, write);
        } catch (error) {
          caller.refuse(error);
        }
      }
    } finally {
      if (leave) signal.removeEventListener("abort", leave);
    }
  }

  /** Takes no more callers; resolves when those already taken are done. */
  finish(): Promise<void> {
    this.#finished = Promise.withResolvers<void>();
    this.#settle();
    return this.#finished.promise;
  }

  /** Lets no more writes of these users go to the store, until the function is called that it returns. */
  hold(userIds: readonly string[]): () => void {
    if (this.#finished) throw closed();
    const releases = userIds.map((userId) => this.#queue.hold(userId));
    return () => {
      for (const release of releases) release();
      this.#settle();
    };
  }

  #admit(userId: string, bytes: number): Caller {
    if (this.#finished) throw closed();
    const caller = new Caller(bytes, this.#room, this.#deadlines);
    this.#queue.add(userId, caller);
    this.#settle();
    return caller;
  }

  async #run(): Promise<void> {
    if (this.#inFlight === MAX_IN_FLIGHT) return;
    const late = this.#late;
    this.#late = [];
    const batch = late.length > 0 ? [] : this.#queue.take();
    if (late.length + batch.length > 0) {
      this.#inFlight += 1;
      this.#settle();
      await this.#swap(late.length > 0 ? late : await this.#applyAll(batch));
      this.#inFlight -= 1;
    }
    this.#settle();
  }

  /** Reads the documents and has the changes applied; a user whose document cannot be read fails alone. */
  async #applyAll(batch: readonly Taken[]): Promise<readonly Application[]> {
    const documents = await readEach(
      { read: (userIds) => this.#bound(() => this.#store.read(userIds)) },
      batch.map(({ line }) => line.userId),
    );
    const readable: (readonly [Taken, Current])[] = [];
    let index = 0;
    for (const taken of batch) {
      const document = documents[index++] ?? EMPTY_DOCUMENT;
      if (!UserMetadataError.is(document)) readable.push([taken, { document }]);
      else if (isCorrupt(document)) readable.push([taken, inPlaceOf(document)]);
      else this.#failRead(taken, document);
    }
    return this.#gather(readable);
  }

  /** Resolves to the users whose changes are applied within the grace; the others are swapped when theirs are. */
  #gather(batch: readonly (readonly [Taken, Current])[]): Promise<readonly Application[]> {
    const { promise, resolve } = Promise.withResolvers<readonly Application[]>();
    const applied: Application[] = [];
    let isOver = false;
    const end = (): void => {
      isOver = true;
      clearTimeout(timer);
      resolve(applied);
    };
    const onDone = (application: Application): void => {
      if (isOver) this.#addLate(application);
      else if (applied.push(application) === batch.length) end();
    };
    const timer = setTimeout(end, GRACE_MS);
    const parts = { versions: this.#versions, record: this.#record, onDone };
    for (const [taken, current] of batch) new Application(taken, current, parts).next();
    if (batch.length === 0) end();
    return promise;
  }

  #addLate(application: Application): void {
    this.#late.push(application);
    this.#settle();
  }

  /** Stores the documents that changed, and answers the callers of each by what became of its change. */
  async #swap(applied: readonly Application[]): Promise<void> {
    const changed = applied.filter((application) => {
      if (!application.isChanged) this.#answer(application);
      return application.isChanged;
    });
    if (changed.length === 0) return;
    const changes = changed.map(({ change }) => change);
    const swaps = await this.#bound(() => this.#store.write(changes)).catch((error: unknown) => {
      const failure = toStoreError(error);
      return changed.map(() => failure);
    });
    let index = 0;
    for (const application of changed) this.#settleSwap(application, swaps[index++] ?? false);
  }

  #settleSwap(application: Application, swap: Swap): void {
    if (swap === true) this.#answer(application);
    else if (UserMetadataError.is(swap)) this.#fail(application, swap, swap.code === "store_busy");
    else {
      if (swap !== false) this.#versions.removed(swap);
      this.#retryLost(application);
    }
  }

  #answer({ line, callers }: Application): void {
    line.failures = 0;
    this.#queue.giveBack(line);
    for (const caller of callers) caller.answer();
  }

  /** A read wrote nothing, so it is tried again until the callers' deadlines. */
  #failRead(taken: Taken, error: UserMetadataError): void {
    this.#fail(taken, error, error.code === "store_unavailable" || error.code === "store_busy");
  }

  #fail({ line, callers }: Taken, error: UserMetadataError, mayRetry: boolean): void {
    if (mayRetry) {
      for (const caller of callers) caller.again(error);
      line.failures += 1;
      this.#putBack(line, callers, Math.min(2 ** line.failures, MAX_PAUSE_MS.failed));
    } else {
      this.#queue.giveBack(line);
      for (const caller of callers) caller.fail(error);
    }
  }

  /** Another process was faster. The user is kept for a random pause, so that the writers do not meet again. */
  #retryLost({ line, callers }: Application): void {
    let most = 0;
    for (const caller of callers) {
      caller.lost += 1;
      most = Math.max(most, caller.lost);
      if (caller.lost > MAX_LOST) caller.fail(contended());
      else caller.again();
    }
    this.#putBack(line, callers, Math.min(2 ** (most - 1), MAX_PAUSE_MS.lost));
  }

  #putBack(line: Line, callers: readonly Caller[], mostMs: number): void {
    setTimeout(() => {
      this.#queue.giveBack(line, callers);
      this.#settle();
    }, Math.random() * mostMs);
  }

  /** The answer of the store; a store that hangs is given up, so that the next batch can try. */
  #bound<T>(work: () => Promise<T>): Promise<T> {
    return this.#deadlines.bound(work, hanging);
  }

  #settle(): void {
    if (this.#queue.isWaiting || this.#late.length > 0) {
      if (this.#inFlight < MAX_IN_FLIGHT) this.#askTurn();
    } else if (this.#queue.isIdle) this.#finished?.resolve();
  }
}

const isCorrupt = (error: UserMetadataError): error is UserMetadataError<"document_corrupt"> =>
  error.code === "document_corrupt";

/** Has the version of what it stands for, also for its claims, of which nobody knows what they were. */
const inPlaceOf = (corrupt: UserMetadataError<"document_corrupt">): Current => {
  const { version } = corrupt.details;
  return { corrupt, document: { ...EMPTY_DOCUMENT, version, claimsVersion: version } };
};

const closed = (): UserMetadataError =>
  new UserMetadataError("store_unavailable", "The engine is closed. Nothing was written.");

/** The error of who has lost too often. */
export const contended = (): UserMetadataError =>
  new UserMetadataError(
    "write_contended",
    `Other writers of this user's metadata were faster ${MAX_LOST} times. Nothing was written; try again.`,
  );
