import type { MetadataDocument, Tier } from "../document/document.ts";
import type { JsonObject } from "../document/json.ts";
import type { UserMetadataError } from "../errors.ts";
import type { Journal, StoredEntry, StoredErasure } from "./journal.ts";

/** One compare-and-swap: store `next` for the user if what is stored has the version `expected`. */
export interface Change {
  readonly userId: string;
  /** The version that must be stored now; `0` means that nothing may be stored. */
  readonly expected: number;
  /** The document to store, or `null` to remove what is stored. */
  readonly next: MetadataDocument | null;
  /**
   * The least version that a caller is given by this change, in which several may have written. With `expected: 0` it is
   * the one that must be greater than the versions that were removed.
   * @default that of next
   */
  readonly least?: number;
  /** The greatest version that a caller is given. With `next: null` it is the one to remember as removed. @default expected */
  readonly greatest?: number;
  /**
   * Lines of the journal, in the order of their versions: stored with the change or not at all, also if nothing is
   * to be stored or removed (`expected: 0, next: null`). For stores that have a journal.
   * @default none
   */
  readonly entries?: readonly StoredEntry[];
  /** Has the store remove all lines of the user's, before it stores `entries`, and keep this for good. @default undefined */
  readonly erasure?: StoredErasure;
}

/**
 * What became of one change.
 * - `true`: it is applied. `false`: the stored version is not the expected one.
 * - A number: it is not applied, because nothing is stored and a version of the change is not greater than this one, which
 *   a removed document had.
 * - An error: of this change alone. `store_unavailable` means that its outcome is unknown; another code, that it is not
 *   applied. The engine tries a change again that is `store_busy`, within the caller's deadline.
 */
export type Swap = boolean | number | UserMetadataError;

/** What to search for. */
export interface FindQuery {
  /** The tier that `where` is about. */
  readonly tier: Tier;
  /**
   * What the tier must contain: each key with an equal string, number, boolean or null, or with an object that contains
   * the one here. `{}` is contained in all.
   */
  readonly where: JsonObject;
  /** Only users whose id comes after this one; `""`: from the start. */
  readonly after: string;
  /** The most documents to return; 1 or more. */
  readonly limit: number;
}

/** A document and whose it is. */
export interface FoundDocument {
  readonly userId: string;
  /** Or why it cannot be read. */
  readonly document: MetadataDocument | UserMetadataError;
}

/**
 * Where documents live. A store knows no merge, no limit and no session: the engine owns those once for all stores,
 * so that any engine with a compare-and-swap can serve. `@usermeta/conformance` has the cases that a store must pass.
 *
 * `read` and `write` are called for many callers at once, so in the asynchronous context of none of them: in the one in
 * which the engine was made, or on Cloudflare Workers in that of the one request. Do not read an `AsyncLocalStorage` there.
 */
export interface Store {
  /**
   * Whether it works outside of Node's thread, as a database server does. The engine then writes what waits in halves, so
   * that the store works on one while Node works on the other; without it all at once.
   * @default false
   */
  readonly remote?: boolean;
  /**
   * Reads the documents of many users at once, in the order asked for; `undefined` if nothing is stored, an error for a
   * user whose document cannot be read. The ids are distinct. What is returned is not changed by a later write.
   * With `document_corrupt` the engine can replace or remove the document, by the version in its details.
   */
  read(userIds: readonly string[]): Promise<readonly (MetadataDocument | UserMetadataError | undefined)[]>;
  /**
   * Applies each change whose `expected` version is the stored one; the answer tells of each, in order, what became of
   * it. The user ids are distinct. A change that is not applied does not hinder the others. When the promise resolves,
   * what was applied survives the end of the process.
   *
   * A document of a user for whom nothing is stored gets a version that is greater than that of every document the user
   * had before, whoever removed it: the store remembers versions that were removed, the greatest of all users' at least.
   *
   * A rejection is the same answer for all changes. With `store_unavailable`, or with an error that is not a
   * `UserMetadataError`, the outcome of each is unknown; with another code nothing was written.
   */
  write(changes: readonly Change[]): Promise<readonly Swap[]>;
  /**
   * As `write`, but all changes are applied, or none: then none of the answers is `true`, and those that alone would have
   * been applied are `false`. A store that cannot leaves it out.
   */
  writeTogether?(changes: readonly Change[]): Promise<readonly Swap[]>;
  /** Searches; a store that cannot leaves it out. In the order of the user ids, by their UTF-8 bytes. */
  find?(query: FindQuery): Promise<readonly FoundDocument[]>;
  /** How many users have a document. A store that has `find` has this too. */
  count?(): Promise<number>;
  /**
   * Tells a cache of writes, whoever makes them; a store that cannot leaves it out. `changed` is called with the users
   * of a write and the version that each has now (`0`: none is stored), in the order of the writes, or with `undefined`:
   * anything may have changed. Users whose write is this store's own may be among them.
   *
   * The answer is asked each time before memory is trusted, and ends with `close()`. `true`: `changed` has been called
   * for all that was written before, or before the moment that the store documents as its bound. `false`: the store
   * cannot tell now, or not yet, so it is read. Before it is `true` again after a write may have been missed, `changed`
   * is called with `undefined`.
   */
  subscribe?(changed: (versions: ReadonlyMap<string, number> | undefined) => void): () => boolean;
  /** Keeps the lines of changes; a store that cannot leaves it out, and is never given any. */
  readonly journal?: Journal;
  /** Releases what the store opened itself; what the app gave it stays open. Calling it twice is harmless. */
  close?(): Promise<void>;
}
