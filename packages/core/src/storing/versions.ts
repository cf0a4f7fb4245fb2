import { type DocumentContent, EMPTY_DOCUMENT, type MetadataDocument } from "../document/document.ts";
import { jsonEquals } from "../document/json-profile.ts";

/** Gives each new document its versions and its times. */
export class Versions {
  readonly #claimsAreSame: (current: DocumentContent, content: DocumentContent) => boolean;
  /** The greatest version that this process knows to be removed: a document made anew has a greater one. */
  #removed = 0;

  /** @param claimsAreSame whether two contents put the same into tokens */
  constructor(claimsAreSame: (current: DocumentContent, content: DocumentContent) => boolean) {
    this.#claimsAreSame = claimsAreSame;
  }

  /** A document of this version was removed, here or elsewhere. */
  removed(version: number): void {
    this.#removed = Math.max(this.#removed, version);
  }

  /** The document that a change makes; `current` itself if it changes nothing. */
  stamp(current: MetadataDocument, content: DocumentContent | null): MetadataDocument {
    if (content === null) {
      this.removed(current.version);
      return EMPTY_DOCUMENT;
    }
    if (current.version > 0 && isSame(current, content)) return current;
    const now = Date.now();
    const isNew = current.version === 0;
    const version = Math.max(now, (isNew ? this.#removed : current.version) + 1);
    return {
      public: content.public,
      private: content.private,
      unsafe: content.unsafe,
      claims: content.claims,
      version,
      claimsVersion: this.#claimsAreSame(current, content) ? current.claimsVersion : version,
      createdAt: isNew ? now : current.createdAt,
      updatedAt: now,
    };
  }
}

const isSame = (current: DocumentContent, content: DocumentContent): boolean =>
  jsonEquals(current.public, content.public) &&
  jsonEquals(current.private, content.private) &&
  jsonEquals(current.unsafe, content.unsafe) &&
  (current.claims === content.claims || isSameSet(current.claims, content.claims));

const isSameSet = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((key) => others.includes(key));
