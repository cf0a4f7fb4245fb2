import { type DocumentContent, EMPTY_DOCUMENT, type MetadataDocument } from "../document/document.ts";
import type { Guard } from "../document/guard.ts";
import type { Change } from "./store.ts";
import type { Waiting } from "./write-queue.ts";

/** A user's document before and after the mutations that waited for it. */
export interface Applied {
  readonly userId: string;
  readonly waiting: readonly Waiting[];
  readonly before: MetadataDocument;
  readonly after: MetadataDocument;
  /** Gives each mutation its own answer; to be called once `after` is stored. */
  readonly answers: readonly (() => void)[];
}

/** Applies mutations to documents, and gives each new document its version. */
export class Applier {
  readonly #guard: Guard;
  /** The highest version removed so far, so that a document made again never repeats one. */
  #removedVersion = 0;

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  /** Applies the mutations of one user in order. One that throws, or that the guard refuses, is left out. */
  async apply(userId: string, waiting: readonly Waiting[], before: MetadataDocument): Promise<Applied> {
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
}

/** Whether the store has anything to do. */
export const isChanged = ({ before, after }: Applied): boolean => before.version !== after.version;

/** The compare-and-swap that stores what was applied. */
export const toChange = ({ userId, before, after }: Applied): Change => ({
  userId,
  expected: before.version,
  next: after.version === 0 ? null : after,
});
