import { EMPTY_DOCUMENT, type MetadataDocument, type Mutation } from "../document/document.ts";
import type { Guard } from "../document/guard.ts";
import { UserMetadataError } from "../errors.ts";
import { type Applied, Applier, isChanged, toChange } from "./apply.ts";
import { readEach, toStoreError } from "./read-each.ts";
import type { Store } from "./store.ts";
import { afterThisTurn } from "./turn.ts";
import { type Batch, type Waiting, WriteQueue } from "./write-queue.ts";

/** Batches under way at once, of disjoint users: one can be read while another is written. */
const MAX_IN_FLIGHT = 2;
/** Lost swaps after which a caller is told so. */
const MAX_LOST = 64;
/** The longest pause before the next try, in ms. */
const MAX_PAUSE_MS = 32;

/**
 * The one place that writes, in four steps: take the mutations that wait, apply those of one user in order to one
 * document, swap all documents in one `write` of the store, answer each caller with its own document or error.
 * Mutations that come in the same turn of the event loop share one `read` and one `write`.
 */
export class WritePath {
  readonly #store: Store;
  readonly #queue: WriteQueue;
  readonly #applier: Applier;
  #inFlight = 0;
  #scheduled = false;
  #finished: PromiseWithResolvers<void> | undefined;

  constructor(store: Store, guard: Guard) {
    this.#store = store;
    this.#queue = new WriteQueue(store.remote ? MAX_IN_FLIGHT : 1);
    this.#applier = new Applier(guard);
  }

  /**
   * Applies a mutation; resolves once the result is durable, to the document as this mutation made it
   * (`EMPTY_DOCUMENT` if it removed it).
   * @throws what the mutation and the guard throw, what the store throws, and `write_contended`
   */
  mutate(userId: string, mutation: Mutation): Promise<MetadataDocument> {
    if (this.#finished) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      this.#queue.add(userId, { mutation, resolve, reject, lost: 0 });
      this.#schedule();
    });
  }

  /** Takes no more mutations; resolves when those already taken are done. */
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
    const batch = this.#queue.take();
    if (batch.size === 0) return;
    this.#inFlight += 1;
    this.#settle();
    try {
      const all = await this.#apply(batch);
      const lost = await this.#swap(all);
      for (const applied of all) {
        if (lost.has(applied)) this.#retry(applied);
        else this.#answer(applied);
      }
    } catch (error) {
      for (const [userId, waiting] of batch) this.#fail(userId, waiting, toStoreError(error));
    }
    this.#inFlight -= 1;
    this.#settle();
  }

  /** Reads the documents and applies the mutations; a user whose document cannot be read fails alone. */
  async #apply(batch: Batch): Promise<readonly Applied[]> {
    const documents = await readEach(this.#store, [...batch.keys()]);
    const all: Applied[] = [];
    let index = 0;
    for (const [userId, waiting] of batch) {
      const document = documents[index++] ?? EMPTY_DOCUMENT;
      if (UserMetadataError.is(document)) this.#fail(userId, waiting, document);
      else all.push(await this.#applier.apply(userId, waiting, document));
    }
    return all;
  }

  /** Stores the documents that changed; resolves to those that another writer had changed before. */
  async #swap(all: readonly Applied[]): Promise<ReadonlySet<Applied>> {
    const changed = all.filter(isChanged);
    const swapped = changed.length > 0 ? await this.#store.write(changed.map(toChange)) : [];
    return new Set(changed.filter((_, index) => swapped[index] !== true));
  }

  #answer({ userId, answers }: Applied): void {
    this.#queue.release(userId);
    for (const answer of answers) answer();
  }

  #fail(userId: string, waiting: readonly Waiting[], error: UserMetadataError): void {
    this.#queue.release(userId);
    for (const each of waiting) each.reject(error);
  }

  /** Another process was faster. The user is kept for a random pause, so that the writers do not meet again. */
  #retry({ userId, waiting }: Applied): void {
    const again = waiting.filter((each) => {
      each.lost += 1;
      if (each.lost <= MAX_LOST) return true;
      each.reject(contended(userId));
      return false;
    });
    const pause = Math.min(2 ** ((again[0]?.lost ?? 0) - 1), MAX_PAUSE_MS);
    setTimeout(() => {
      this.#queue.putBack(userId, again);
      this.#settle();
    }, Math.random() * pause);
  }

  #settle(): void {
    if (this.#queue.isWaiting) this.#schedule();
    else if (this.#queue.isIdle) this.#finished?.resolve();
  }
}

const closed = (): UserMetadataError =>
  new UserMetadataError("store_unavailable", "The engine is closed. Nothing was written.");

const contended = (userId: string): UserMetadataError =>
  new UserMetadataError(
    "write_contended",
    `Other writers were faster ${MAX_LOST} times for the user ${JSON.stringify(userId)}. Nothing was written; try again.`,
  );
