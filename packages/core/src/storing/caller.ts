import type { DocumentContent, MetadataDocument } from "../document/document.ts";
import { UserMetadataError } from "../errors.ts";
import { type Deadlines, Timed } from "./deadlines.ts";
import type { WaitingRoom } from "./waiting-room.ts";
import type { Write } from "./write.ts";

/** What a caller is to do next: apply its change to a document, or return the one that is stored. */
export type Step = { readonly current: Current } | { readonly stored: MetadataDocument };

/** What is stored, or in its place an empty document, and the reason why it cannot be read. */
export interface Current {
  readonly document: MetadataDocument;
  readonly corrupt?: UserMetadataError | undefined;
}

/** What became of a caller's change. */
export type Outcome = { readonly document: MetadataDocument } | { readonly error: unknown };

/** Told what a caller makes of the document that it was handed. */
export interface Receiver {
  give(caller: Caller, content: DocumentContent | null, write: Write): void;
  refuse(caller: Caller, error: unknown): void;
  /** The caller has left without an answer to what it was handed. */
  skip(caller: Caller): void;
}

/**
 * Somebody who waits to write. The batch hands it the document, and the caller applies its change itself, in the
 * continuation of its own `await`: so its change and its schemas run in its own asynchronous context.
 */
export class Caller extends Timed {
  readonly #bytes: number;
  readonly #room: WaitingRoom;
  readonly #deadlines: Deadlines;
  /** How many swaps it has lost. */
  lost = 0;
  /** Why the store could not be asked when it was tried last. */
  failure: UserMetadataError | undefined;
  #awaited: PromiseWithResolvers<Step> | undefined;
  #receiver: Receiver | undefined;
  /** What it is told once the document is stored that its change went into. */
  #outcome: Outcome | undefined;
  #left: PromiseWithResolvers<void> | undefined;
  #end: { readonly error: unknown } | undefined;

  /** It enters the room, and waits from now on. @throws UserMetadataError `engine_overloaded` */
  constructor(bytes: number, room: WaitingRoom, deadlines: Deadlines) {
    super();
    room.enter(bytes);
    this.#bytes = bytes;
    this.#room = room;
    this.#deadlines = deadlines;
    deadlines.add(this);
  }

  /** Whether it waits no more. */
  get hasLeft(): boolean {
    return this.#end !== undefined;
  }

  /** Resolves when it waits no more. */
  left(): Promise<void> {
    this.#left ??= Promise.withResolvers();
    return this.#left.promise;
  }

  /** Waits for the next step. Rejects with what the caller is told instead of a document. */
  step(): Promise<Step> {
    if (this.#end) return Promise.reject(this.#end.error);
    this.#awaited = Promise.withResolvers();
    return this.#awaited.promise;
  }

  /** Hands it a document; the receiver is told what it makes of it. */
  hand(current: Current, receiver: Receiver): void {
    this.#receiver = receiver;
    this.#awaited?.resolve({ current });
  }

  /** What it made of the document it was handed. */
  give(content: DocumentContent | null, write: Write): void {
    this.#take()?.give(this, content, write);
  }

  /** Its change threw, or the rules refused what it made. */
  refuse(error: unknown): void {
    this.#take()?.refuse(this, error);
  }

  /** What it is told once the document is stored. */
  set outcome(outcome: Outcome) {
    this.#outcome = outcome;
  }

  /** Nothing that it made was stored; it waits to be handed a document again. */
  again(failure?: UserMetadataError): void {
    this.#outcome = undefined;
    this.failure = failure ?? this.failure;
  }

  /** Tells it its outcome. */
  answer(): void {
    const outcome = this.#outcome;
    if (!outcome || this.#end) return;
    if ("error" in outcome) this.fail(outcome.error);
    else {
      this.#leave({ error: undefined });
      this.#awaited?.resolve({ stored: outcome.document });
    }
  }

  /** Tells it that there is no document for it. */
  fail(error: unknown): void {
    if (this.#end) return;
    this.#leave({ error });
    this.#awaited?.reject(error);
    this.#take()?.skip(this);
  }

  /** Its time is over. A change that was applied may be under way to the store, so that its outcome is unknown. */
  override expire(): void {
    const outcome = this.#outcome;
    if (outcome && "error" in outcome) this.fail(outcome.error);
    else this.fail(outcome ? unknownOutcome() : notSent(this.failure));
  }

  #take(): Receiver | undefined {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    return receiver;
  }

  #leave(end: { readonly error: unknown }): void {
    this.#end = end;
    this.#left?.resolve();
    this.#deadlines.remove(this);
    this.#room.leave(this.#bytes);
  }
}

const notSent = (cause: UserMetadataError | undefined): UserMetadataError =>
  new UserMetadataError(
    "write_not_sent",
    "The time of the write was over before it could be sent to the store. Nothing was written; try again.",
    { cause },
  );

const unknownOutcome = (): UserMetadataError =>
  new UserMetadataError(
    "store_unavailable",
    "The store has not answered in time. The write may be stored or not; read before you repeat it.",
  );
