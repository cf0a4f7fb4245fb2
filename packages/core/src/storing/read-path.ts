import { EMPTY_DOCUMENT, type MetadataDocument } from "../document/document.ts";
import { UserMetadataError } from "../errors.ts";
import { Deadlines } from "./deadlines.ts";
import { hanging, readEach } from "./read-each.ts";
import type { Store } from "./store.ts";
import type { Turns } from "./turn.ts";
import type { WaitingRoom } from "./waiting-room.ts";

/** Users asked for in one `read`: the database works on some while those who were read before are answered. */
const MAX_USERS = 32;

/** What a read path is made of. */
export interface ReadPathParts {
  readonly store: Pick<Store, "read">;
  readonly room: WaitingRoom;
  readonly timeoutMs: number;
  readonly turns: Turns;
}

/** The callers who wait for one user's document. */
interface Reader {
  readonly answer: PromiseWithResolvers<MetadataDocument>;
  callers: number;
}

/** Gathers the reads of one turn of the event loop into one `store.read`; a user asked for twice is read once. */
export class ReadPath {
  readonly #store: Pick<Store, "read">;
  readonly #room: WaitingRoom;
  readonly #deadlines: Deadlines;
  readonly #askTurn: () => void;
  #waiting: Map<string, Reader> = new Map();

  constructor({ store, room, timeoutMs, turns }: ReadPathParts) {
    this.#deadlines = new Deadlines(timeoutMs);
    this.#store = { read: (userIds) => this.#deadlines.bound(() => store.read(userIds), hanging) };
    this.#room = room;
    this.#askTurn = turns(() => this.#flush());
  }

  /**
   * The user's document; `EMPTY_DOCUMENT` if nothing is stored. No older than the moment of the call.
   * @throws UserMetadataError what the store throws, `engine_overloaded`
   */
  read(userId: string): Promise<MetadataDocument> {
    try {
      this.#room.enter(0);
    } catch (error) {
      return Promise.reject(error);
    }
    const reader = this.#waiting.get(userId) ?? this.#add(userId);
    reader.callers += 1;
    return reader.answer.promise;
  }

  #add(userId: string): Reader {
    if (this.#waiting.size === 0) this.#askTurn();
    const reader = { answer: Promise.withResolvers<MetadataDocument>(), callers: 0 };
    this.#waiting.set(userId, reader);
    return reader;
  }

  #flush(): void {
    const waiting = [...this.#waiting];
    this.#waiting = new Map();
    for (let from = 0; from < waiting.length; from += MAX_USERS)
      void this.#answer(waiting.slice(from, from + MAX_USERS));
  }

  async #answer(batch: readonly (readonly [userId: string, reader: Reader])[]): Promise<void> {
    const results = await readEach(
      this.#store,
      batch.map(([userId]) => userId),
    );
    let index = 0;
    for (const [, { answer, callers }] of batch) {
      for (let left = callers; left > 0; left -= 1) this.#room.leave(0);
      const result = results[index++] ?? EMPTY_DOCUMENT;
      if (UserMetadataError.is(result)) answer.reject(result);
      else answer.resolve(result);
    }
  }
}
