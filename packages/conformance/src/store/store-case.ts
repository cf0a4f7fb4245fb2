import { type MetadataDocument, type Store, type Swap, UserMetadataError } from "@usermeta/core";

/**
 * What some stores can do and others cannot. `persistent`: what was written is seen by another connection to the
 * same data. `closable`: the store has a `close()`. `searchable`: it has `find()` and `count()`. `subscribable`: it has
 * `subscribe()`, and with it a `close()` and a `reopen()`. `interruptible`: the case can make that answer `false`.
 * `corruptible`: the case can damage what is stored for a user. `atomic`: the store has `writeTogether()`.
 * `journaling`: it has a `journal`.
 */
export type StoreCapability =
  | "persistent"
  | "closable"
  | "searchable"
  | "subscribable"
  | "interruptible"
  | "corruptible"
  | "atomic"
  | "journaling";

/** A fresh, empty store and what a case may need to know about it. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Opens the same data by a connection of its own. The runner closes it. Belongs to `persistent`. */
  reopen?(): Store | Promise<Store>;
  /**
   * The bound that the store documents: so many milliseconds after a write was acknowledged, the answer of `subscribe()`
   * may still be `true` and `changed` not called.
   * @default 0
   */
  readonly toldWithinMs?: number;
  /**
   * Makes the answer of the store's `subscribe()` `false`, as the loss of a connection does; the other store can write.
   * What it returns ends that, if it does not end by itself. Belongs to `interruptible`.
   */
  interrupt?(): (() => unknown) | Promise<() => unknown>;
  /** Damages the public tier that is stored for a user, so that it is not an object. Belongs to `corruptible`. */
  corrupt?(userId: string): unknown;
  /** Removes what the store leaves behind; called after the case, when every store has been closed. */
  remove?(): unknown;
}

/** What a case works with. */
export interface StoreContext {
  readonly store: Store;
  /** Another connection to the same data. */
  reopen(): Promise<Store>;
  /** Whether there is another connection. */
  readonly isPersistent: boolean;
  /** As `StoreUnderTest` has it. */
  readonly toldWithinMs: number;
  /** As `StoreUnderTest` has it. */
  interrupt(): Promise<() => unknown>;
  /** As `StoreUnderTest` has it. */
  corrupt(userId: string): Promise<unknown>;
}

/** One thing that every store must do. It passes when `run` resolves, and fails when it rejects. */
export interface StoreCase {
  readonly name: string;
  /** The capability without which the case has no meaning. */
  readonly needs?: StoreCapability;
  run(context: StoreContext): Promise<void>;
}

/** A document that has one note in each tier, unless `parts` says otherwise. */
export const documentOf = (version: number, parts: Partial<MetadataDocument> = {}): MetadataDocument => ({
  public: { note: `public ${version}` },
  private: { note: `private ${version}` },
  unsafe: { note: `unsafe ${version}` },
  claims: ["note"],
  version,
  claimsVersion: version,
  createdAt: 1_700_000_000_000,
  updatedAt: 1_700_000_000_000 + version,
  ...parts,
});

/** What is stored for users; rejects with what the store answers in the place of a document. */
export const readAll = async (
  store: Store,
  userIds: readonly string[],
): Promise<readonly (MetadataDocument | undefined)[]> =>
  (await store.read(userIds)).map((answer) => {
    if (UserMetadataError.is(answer)) throw answer;
    return answer;
  });

/** What is stored for one user. */
export const readOne = async (store: Store, userId: string): Promise<MetadataDocument | undefined> =>
  (await readAll(store, [userId]))[0];

/** What became of one change. */
export const swap = async (
  store: Store,
  userId: string,
  expected: number,
  next: MetadataDocument | null,
): Promise<Swap | undefined> => (await store.write([{ userId, expected, next }]))[0];

/** 0, 1, …: as many as asked for. */
export const times = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
