import type { DocumentContent, MetadataDocument } from "../document/document.ts";
import type { Caller, Current, Receiver } from "./caller.ts";
import type { StoredEntry, StoredErasure } from "./journal.ts";
import type { Change } from "./store.ts";
import type { Versions } from "./versions.ts";
import type { Recorder, Write } from "./write.ts";
import type { Line, Taken } from "./write-queue.ts";

/** What all applications of a batch share. */
export interface ApplicationParts {
  readonly versions: Versions;
  readonly record: Recorder | undefined;
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
  readonly #record: Recorder | undefined;
  readonly #onDone: (application: Application) => void;
  #after: MetadataDocument;
  /** The least and the greatest version that callers are given. */
  #least = Number.POSITIVE_INFINITY;
  #greatest = 0;
  #handed = 0;
  #entries: StoredEntry[] | undefined;
  #erasure: StoredErasure | undefined;

  constructor({ line, callers }: Taken, current: Current, { versions, record, onDone }: ApplicationParts) {
    this.line = line;
    this.callers = callers;
    this.#current = current;
    this.#before = current.document;
    this.#after = current.document;
    this.#versions = versions;
    this.#record = record;
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
    const change = { userId, expected, next, least, greatest: Math.max(expected, this.#greatest) };
    if (!this.#entries) return change;
    return { ...change, entries: this.#entries, ...(this.#erasure && { erasure: this.#erasure }) };
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

  give(caller: Caller, content: DocumentContent | null, write: Write): void {
    const before = this.#after;
    this.#after = this.#versions.stamp(before, content, write);
    this.#gave(this.#after.version);
    if (write.erase) this.#erase(before.version, write.erase);
    else if (this.#record && this.#after !== before) this.#add(this.#record, before, write);
    caller.outcome = { document: this.#after };
    this.next();
  }

  #gave(version: number): void {
    if (version > 0) this.#least = Math.min(this.#least, version);
    this.#greatest = Math.max(this.#greatest, version);
  }

  /** A removal has a version of its own, by which the history knows it. */
  #add(record: Recorder, before: MetadataDocument, write: Write): void {
    const entry = record(this.line.userId, [before, this.#after], write);
    this.#entries ??= [];
    this.#entries.push(entry);
    if (this.#after.version === 0) this.#removedAt(entry.version);
  }

  /** Of what was written before it in this batch nothing is kept. */
  #erase(version: number, erase: NonNullable<Write["erase"]>): void {
    const { entry, erasure } = erase(this.#versions.afterRemoved(version));
    this.#entries = [entry];
    this.#erasure = erasure;
    this.#removedAt(entry.version);
  }

  #removedAt(version: number): void {
    this.#versions.removed(version);
    this.#gave(version);
  }

  refuse(caller: Caller, error: unknown): void {
    caller.outcome = { error };
    this.next();
  }

  skip(): void {
    this.next();
  }
}
