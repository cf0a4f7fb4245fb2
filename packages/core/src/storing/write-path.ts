import { type DocumentContent, EMPTY_DOCUMENT, type MetadataDocument } from "../document/document.ts";
import { UserMetadataError } from "../errors.ts";
import { readEach, toStoreError } from "./read-each.ts";
import type { Change, Store } from "./store.ts";
import { afterThisTurn } from "./turn.ts";

/**
 * A pure function from what is stored to what shall be stored, or to `null`, which removes it. It may throw, and it
 * may run again after a lost swap.
 */
export type Mutation = (current: MetadataDocument) => DocumentContent | null;

/** Judges what a mutation made of a document, and throws or rejects where it may not be stored. */
export type Guard = (current: MetadataDocument, content: DocumentContent) => undefined | Promise<undefined>;

interface Waiting {
  readonly mutation: Mutation;
  readonly resolve: (document: MetadataDocument) => void;
  readonly reject: (error: unknown) => void;
  /** How many swaps this mutation has lost. */
  lost: number;
}

/** What the mutations of one user made of the user's document. */
interface Applied {
  readonly userId: string;
  readonly waiting: readonly Waiting[];
  readonly before: MetadataDocument;
  readonly after: MetadataDocument;
  /** Gives each mutation its own answer; called once the swap has succeeded. */
  readonly answers: readonly (() => void)[];
}

/** Users in one `write`: bounds how long a synchronous store holds the event loop, and the size of a statement. */
const MAX_USERS = 512;
/** Batches under way at once, of disjoint users: one may be read while another is written. */
const MAX_IN_FLIGHT = 2;
/** A smaller half would cost a remote store more than it gives. */
const MIN_USERS = 8;
/** Lost swaps after which a caller is told so. */
const MAX_LOST = 64;
/** The longest pause before the next try, in ms. */
const MAX_PAUSE_MS = 32;

/**
 * The one place that writes. The mutations that wait in a turn of the event loop become one `read` and one `write`;
 * those of one user are applied in order to one document; each caller gets its own document or its own error.
 */
export class WritePath {
  readonly #store: Store;
  readonly #guard: Guard;
  #waiting: Map<string, Waiting[]> = new Map();
  readonly #busy: Set<string> = new Set();
  #inFlight = 0;
  #scheduled = false;
  #finished: PromiseWithResolvers<void> | undefined;
  /** The highest version removed so far, so that a document made again never repeats one. */
  #removedVersion = 0;

  constructor(store: Store, guard: Guard) {
    this.#store = store;
    this.#guard = guard;
  }

  /**
   * Applies a mutation; resolves to the document as it made it (`EMPTY_DOCUMENT` where it removed it), once that is
   * durable.
   * @throws what the mutation and the guard throw, what the store throws, and `write_contended`
   */
  mutate(userId: string, mutation: Mutation): Promise<MetadataDocument> {
    if (this.#finished) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { mutation, resolve, reject, lost: 0 };
      const queue = this.#waiting.get(userId);
      if (queue) queue.push(waiting);
      else this.#waiting.set(userId, [waiting]);
      this.#schedule();
    });
  }

  /** Takes no more mutations; resolves when those that it took are done. */
  finish(): Promise<void> {
    this.#finished = Promise.withResolvers<void>();
    this.#settle();
    return this.#finished.promise;
  }

  #schedule(): void {
    if (this.#scheduled || this.#inFlight === MAX_IN_FLIGHT) return;
    this.#scheduled = true;
    afterThisTurn(() => {
      this.#scheduled = false;
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    const batch = this.#take();
    if (batch.size === 0) return;
    this.#inFlight += 1;
    this.#settle();
    try {
      await this.#commit(batch);
    } catch (error) {
      for (const [userId, queue] of batch) this.#fail(userId, queue, toStoreError(error));
    }
    this.#inFlight -= 1;
    this.#settle();
  }

  /** Takes what waits for users that no batch is busy with. */
  #take(): Map<string, Waiting[]> {
    const batch = this.#waiting;
    // Another map, and not the same one emptied: the tables that a long-lived map has outgrown keep their entries alive.
    this.#waiting = new Map();
    const busy = this.#busy.size;
    const part = (busy + batch.size) / (this.#store.remote ? MAX_IN_FLIGHT : 1);
    const most = busy + Math.min(Math.max(part, MIN_USERS), MAX_USERS);
    for (const [userId, queue] of batch) {
      if (this.#busy.has(userId) || this.#busy.size >= most) {
        batch.delete(userId);
        this.#waiting.set(userId, queue);
      } else this.#busy.add(userId);
    }
    return batch;
  }

  async #commit(batch: ReadonlyMap<string, readonly Waiting[]>): Promise<void> {
    const documents = await readEach(this.#store, [...batch.keys()]);
    const all: Applied[] = [];
    let index = 0;
    for (const [userId, queue] of batch) {
      const document = documents[index++] ?? EMPTY_DOCUMENT;
      if (UserMetadataError.is(document)) this.#fail(userId, queue, document);
      else all.push(await this.#apply(userId, queue, document));
    }
    const changed = all.filter(({ before, after }) => before.version !== after.version);
    const swapped = changed.length > 0 ? await this.#store.write(changed.map(toChange)) : [];
    const lost = new Set(changed.filter((_, index) => swapped[index] !== true));
    for (const applied of all) {
      if (lost.has(applied)) this.#retry(applied);
      else this.#answer(applied);
    }
  }

  async #apply(userId: string, waiting: readonly Waiting[], before: MetadataDocument): Promise<Applied> {
    const answers: (() => void)[] = [];
    let after = before;
    for (const { mutation, resolve, reject } of waiting) {
      try {
        const content = mutation(after);
        const verdict = content && this.#guard(after, content);
        if (verdict) await verdict;
        const document = this.#stamp(after, content);
        answers.push(() => resolve(document));
        after = document;
      } catch (error) {
        answers.push(() => reject(error));
      }
    }
    return { userId, waiting, before, after, answers };
  }

  #stamp(current: MetadataDocument, content: DocumentContent | null): MetadataDocument {
    if (content === null) {
      this.#removedVersion = Math.max(this.#removedVersion, current.version);
      return EMPTY_DOCUMENT;
    }
    const now = Date.now();
    const previous = current.version === 0 ? this.#removedVersion : current.version;
    return {
      public: content.public,
      private: content.private,
      unsafe: content.unsafe,
      claims: content.claims,
      version: Math.max(now, previous + 1),
      createdAt: current.version === 0 ? now : current.createdAt,
      updatedAt: now,
    };
  }

  #fail(userId: string, queue: readonly Waiting[], error: UserMetadataError): void {
    this.#busy.delete(userId);
    for (const waiting of queue) waiting.reject(error);
  }

  #answer({ userId, answers }: Applied): void {
    this.#busy.delete(userId);
    for (const answer of answers) answer();
  }

  /** Another process was quicker. The user stays busy for a random pause, so that contenders do not meet again. */
  #retry({ userId, waiting }: Applied): void {
    const again = waiting.filter((each) => {
      each.lost += 1;
      if (each.lost <= MAX_LOST) return true;
      each.reject(contended(userId));
      return false;
    });
    const lost = again[0]?.lost ?? 0;
    setTimeout(
      () => {
        this.#busy.delete(userId);
        if (lost > 0) {
          this.#waiting.set(userId, again.concat(this.#waiting.get(userId) ?? []));
        }
        this.#settle();
      },
      Math.random() * Math.min(2 ** (lost - 1), MAX_PAUSE_MS),
    );
  }

  #settle(): void {
    if (this.#waiting.size > 0) this.#schedule();
    else if (this.#busy.size === 0) this.#finished?.resolve();
  }
}

const toChange = ({ userId, before, after }: Applied): Change => ({
  userId,
  expected: before.version,
  next: after.version === 0 ? null : after,
});

const closed = (): UserMetadataError =>
  new UserMetadataError("store_unavailable", "The engine is closed. Nothing was written.");

const contended = (userId: string): UserMetadataError =>
  new UserMetadataError(
    "write_contended",
    `Other writers were quicker ${MAX_LOST} times for the user ${JSON.stringify(userId)}. Nothing was written; try again.`,
  );
