import type { DocumentContent, Intent, MetadataDocument } from "../document/document.ts";
import type { Caller, Current, Receiver } from "./caller.ts";
import type { Change } from "./store.ts";
import type { Versions } from "./versions.ts";
import type { Line, Taken } from "./write-queue.ts";

/** What all applications of a batch share. */
export interface ApplicationParts {
  readonly versions: Versions;
  /** Called when the last caller's change is applied. */
  readonly onDone: (application: Application) => void;
}

/**
 * One user's document before and after the changes of the callers who waited for it. The callers are handed the document
 * one after the other, each as the one before it has left it.
 */
export class Application implements Receiver {
  readonly line: Line;
  readonly callers: readonly Caller[];
  readonly #before: MetadataDocument;
  readonly #current: Current;
  readonly #versions: Versions;
  readonly #onDone: (application: Application) => void;
  #after: MetadataDocument;
  /** The least and the greatest version that callers are given. */
  #least = Number.POSITIVE_INFINITY;
  #greatest = 0;
  #handed = 0;

  constructor({ line, callers }: Taken, current: Current, { versions, onDone }: ApplicationParts) {
    this.line = line;
    this.callers = callers;
    this.#current = current;
    this.#before = current.document;
    this.#after = current.document;
    this.#versions = versions;
    this.#onDone = onDone;
  }

  /** Whether the store has anything to do. */
  get isChanged(): boolean {
    return this.#before.version !== this.#after.version || (this.#after.version === 0 && this.#greatest > 0);
  }

  /** The compare-and-swap that stores what was applied. */
  get change(): Change {
    const { userId } = this.line;
    const expected = this.#before.version;
    const next = this.#after.version === 0 ? null : this.#after;
    const least = this.#least;
    return { userId, expected, next, least, greatest: Math.max(expected, this.#greatest) };
  }

  /** Hands the document to the next caller; after the last one it is done. */
  next(): void {
    while (this.#handed < this.callers.length) {
      const caller = this.callers[this.#handed++] as Caller;
      if (caller.hasLeft) continue;
      const isAsRead = this.#after === this.#before;
      caller.hand(isAsRead ? this.#current : { document: this.#after }, this);
      return;
    }
    this.#onDone(this);
  }

  give(caller: Caller, content: DocumentContent | null, intent: Intent): void {
    this.#after = this.#versions.stamp(this.#after, content, intent);
    const { version } = this.#after;
    if (version > 0) this.#least = Math.min(this.#least, version);
    this.#greatest = Math.max(this.#greatest, version);
    caller.outcome = { document: this.#after };
    this.next();
  }

  refuse(caller: Caller, error: unknown): void {
    caller.outcome = { error };
    this.next();
  }

  skip(): void {
    this.next();
  }
}
