import { EMPTY_DOCUMENT, type MetadataDocument } from "../document/document.ts";
import { UserMetadataError } from "../errors.ts";
import { readEach } from "./read-each.ts";
import type { Store } from "./store.ts";
import { afterThisTurn } from "./turn.ts";

/** Users asked for in one `read`: the database works on some while those who were read before are answered. */
const MAX_USERS = 32;

type Waiting = Map<string, PromiseWithResolvers<MetadataDocument>>;

/** Gathers the reads of one turn of the event loop into one `store.read`; a user asked for twice is read once. */
export class ReadPath {
  readonly #store: Pick<Store, "read">;
  #waiting: Waiting = new Map();

  constructor(store: Pick<Store, "read">) {
    this.#store = store;
  }

  /** The user's document; `EMPTY_DOCUMENT` if nothing is stored. No older than the moment of the call. */
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
    const results = await readEach(this.#store, [...waiting.keys()]);
    readers.forEach(({ resolve, reject }, index) => {
      const result = results[index];
      if (UserMetadataError.is(result)) reject(result);
      else resolve(result ?? EMPTY_DOCUMENT);
    });
  }
}
