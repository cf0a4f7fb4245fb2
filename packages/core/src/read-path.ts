import { EMPTY_DOCUMENT, type MetadataDocument } from "./document.ts";
import type { Store } from "./store.ts";
import { toStoreError } from "./store-errors.ts";
import { afterThisTurn } from "./turn.ts";

/** Users asked for in one `read`, so that one turn never blocks a synchronous store for long. */
const MAX_USERS = 512;

type Waiting = Map<string, PromiseWithResolvers<MetadataDocument>>;

/** Gathers the reads of one turn of the event loop into one `store.read`; a user asked for twice is read once. */
export class ReadPath {
  readonly #store: Store;
  #waiting: Waiting = new Map();

  constructor(store: Store) {
    this.#store = store;
  }

  /** The user's document; `EMPTY_DOCUMENT` where nothing is stored. No older than the moment of the call. */
  read(userId: string): Promise<MetadataDocument> {
    const found = this.#waiting.get(userId);
    if (found) return found.promise;
    if (this.#waiting.size === MAX_USERS) this.#flush();
    if (this.#waiting.size === 0) afterThisTurn(() => this.#flush());
    const reader = Promise.withResolvers<MetadataDocument>();
    this.#waiting.set(userId, reader);
    return reader.promise;
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    if (waiting.size > 0) void this.#answer(waiting);
  }

  async #answer(waiting: Waiting): Promise<void> {
    const readers = [...waiting.values()];
    try {
      const documents = await this.#store.read([...waiting.keys()]);
      readers.forEach((reader, index) => {
        reader.resolve(documents[index] ?? EMPTY_DOCUMENT);
      });
    } catch (error) {
      for (const reader of readers) reader.reject(toStoreError(error));
    }
  }
}
