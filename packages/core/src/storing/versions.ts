import {
  type DocumentContent,
  EMPTY_DOCUMENT,
  type Intent,
  type MetadataDocument,
  TIERS,
} from "../document/document.ts";
import type { JsonObject, JsonValue } from "../document/json.ts";
import { jsonEquals } from "../document/json-profile.ts";
import { keysOf } from "../document/update.ts";

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

  /** A version for a removal: greater than that of the document, and than those that are known to be removed. */
  afterRemoved(version: number): number {
    return Math.max(Date.now(), version + 1, this.#removed + 1);
  }

  /** The document that a change makes; `current` itself if it changes nothing. */
  stamp(current: MetadataDocument, content: DocumentContent | null, intent: Intent): MetadataDocument {
    if (content === null) {
      this.removed(current.version);
      return EMPTY_DOCUMENT;
    }
    // One that could not be read has no time, and is written in any case.
    if (current.createdAt > 0 && isSame(current, content, intent)) return current;
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
      createdAt: current.createdAt || now,
      updatedAt: now,
    };
  }
}

const isSame = (current: DocumentContent, content: DocumentContent, intent: Intent): boolean =>
  TIERS.every((tier) => {
    const [before, after] = [current[tier], content[tier]];
    if (before === after) return true;
    const keys = keysOf(intent, tier);
    return keys ? keys.every((key) => isSameAt(key, before, after)) : jsonEquals(before, after);
  }) &&
  (current.claims === content.claims || isSameSet(current.claims, content.claims));

const isSameAt = (key: string, before: JsonObject, after: JsonObject): boolean =>
  Object.hasOwn(before, key)
    ? Object.hasOwn(after, key) && jsonEquals(before[key] as JsonValue, after[key] as JsonValue)
    : !Object.hasOwn(after, key);

const isSameSet = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((key) => others.includes(key));
