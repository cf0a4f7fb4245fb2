import type { MetadataDocument } from "./document.ts";

/** One compare-and-swap: store `next` for the user if what is stored has the version `expected`. */
export interface Change {
  readonly userId: string;
  /** The version that must be stored now; `0` means that nothing may be stored. */
  readonly expected: number;
  /** The document to store, or `null` to remove what is stored. */
  readonly next: MetadataDocument | null;
}

/**
 * Where documents live. A store knows no merge, no limit and no session: the engine owns those once for all stores,
 * so that any engine with a compare-and-swap can serve. `@usermeta/conformance` has the cases that a store must pass.
 */
export interface Store {
  /**
   * Reads the documents of many users at once, in the order asked for; `undefined` where nothing is stored.
   * The ids are distinct. What is returned is not changed by a later write.
   */
  read(userIds: readonly string[]): Promise<readonly (MetadataDocument | undefined)[]>;
  /**
   * Applies each change whose `expected` version is the stored one; the answer tells, in order, which were applied.
   * The user ids are distinct. A change that is not applied does not hinder the others. When the promise
   * resolves, what was applied survives the end of the process. A rejection means that the outcome is unknown.
   */
  write(changes: readonly Change[]): Promise<readonly boolean[]>;
  /** Releases what the store opened itself; what the app gave it stays open. Calling it twice is harmless. */
  close?(): Promise<void>;
}
