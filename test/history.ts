/** Random writes of all kinds to the users of an engine, and what each version was. */
import assert from "node:assert/strict";
import {
  type Actor,
  createUserMetadata,
  type JsonObject,
  type JsonValue,
  type MetadataDocument,
  type Store,
  type UserMetadataEngine,
  UserMetadataError,
} from "@usermeta/core";
import {
  type Entry,
  entryOf,
  NOTHING,
  type Past,
  readEntry,
  redo,
  toPast,
  undo,
} from "../packages/core/src/history/entry.ts";

const TIERS = ["public", "private", "unsafe"] as const;
const KEYS = ["plan", "theme", "10", "9", "a b", "é😀", "list", "nested", "constructor", "x"];

/** Numbers that follow from a seed (mulberry32). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** What is written to users, and what their versions were. */
export class Writing {
  readonly #metadata: UserMetadataEngine;
  readonly #store: Store;
  readonly #random: () => number;
  readonly #users: readonly string[];
  /** What each version of each user was, as JSON; of a version that was removed nothing. */
  readonly versions: Map<string, Map<number, string>> = new Map();
  /** Entries, in the order in which they were followed. */
  readonly followed: { readonly userId: string; readonly version: number }[] = [];
  /** Those that are not known otherwise went back to nothing. */
  readonly #rollbacks: (readonly [userId: string, version: number])[] = [];
  written = 0;

  constructor(store: Store, seed: number, users: number) {
    this.#store = store;
    this.#metadata = createUserMetadata({ store, history: { maxEntries: 1_000_000 } });
    this.#random = randomFrom(seed);
    this.#users = Array.from({ length: users }, (_, index) => `user ${index}`);
  }

  /** Writes by several callers at once, while somebody follows. */
  async run(writes: number, callers = 16): Promise<void> {
    const done = new AbortController();
    const following = this.#follow(done.signal);
    let left = writes;
    const work = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await this.#write();
      }
    };
    await Promise.all(Array.from({ length: callers }, work));
    const counts = this.#users.map(async (userId) => (await entriesOf(this.#store, userId)).length);
    const all = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    while (this.followed.length < all) await new Promise((resolve) => setTimeout(resolve, 10));
    done.abort();
    await following;
    for (const [userId, version] of this.#rollbacks)
      if (!this.versions.get(userId)?.has(version)) this.#add(userId, version, "");
    await this.#metadata.close();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for await (const { userId = "", version, action } of this.#metadata.follow({ after: "", signal })) {
      this.followed.push({ userId, version });
      // Of a removal nobody is told the version.
      if (action === "clear") this.#add(userId, version, "");
      if (action === "rollback") this.#rollbacks.push([userId, version]);
    }
  }

  #int(below: number): number {
    return Math.floor(this.#random() * below);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#int(list.length)] as T;
  }

  #value(depth = 0): JsonValue {
    const kind = this.#int(depth > 2 ? 4 : 6);
    if (kind === 0) return this.#int(5);
    if (kind === 1) return this.#pick(["a", "", 'é😀\n"', "x".repeat(50)]);
    if (kind === 2) return this.#pick([true, false, 1.5, -0.25]);
    if (kind === 3) return null;
    if (kind === 4) return Array.from({ length: this.#int(4) }, () => this.#value(depth + 1));
    return this.#object(depth + 1);
  }

  #object(depth = 0): JsonObject {
    const keys = Array.from({ length: this.#int(4) }, () => this.#pick(KEYS));
    return Object.fromEntries(keys.map((key) => [key, this.#value(depth)]));
  }

  #update(): Record<string, JsonObject> {
    return Object.fromEntries(
      TIERS.filter(() => this.#random() < 0.5).map((tier) => [`${tier}Metadata`, this.#object()]),
    );
  }

  async #write(): Promise<void> {
    const userId = this.#pick(this.#users);
    const options = { by: this.#pick(["billing", "support"]), reason: this.#pick([undefined, "why: é"]) };
    const m = this.#metadata;
    const kinds = [
      () => m.updateUserMetadata(userId, this.#update(), options),
      () => m.updateUserMetadata(userId, this.#update(), { ...options, merge: "shallow" as const }),
      () => m.replaceUserMetadata(userId, this.#update(), options),
      () => m.patchUserMetadata(userId, this.#patch(), options),
      () =>
        m.mutateUserMetadata(userId, ({ publicMetadata }) => ({
          publicMetadata: { ...publicMetadata, n: this.#int(9) },
          claims: [],
        })),
      () => this.#flag(userId),
      () => this.#rollback(userId),
      () => this.#import(userId),
      () => m.moveUserMetadata(userId, this.#pick(this.#users), options),
      () => (this.#random() < 0.3 ? m.clearUserMetadata(userId, options) : undefined),
    ];
    try {
      const result = await this.#pick(kinds)();
      if (result && result.version > 0) this.#add(result.userId, result.version, shown(result));
      this.written += 1;
    } catch (error) {
      // What does not fit together is refused, as it is for anyone.
      if (!UserMetadataError.is(error) || error.status >= 500) throw error;
    }
  }

  #patch() {
    const tier = this.#pick(TIERS);
    return [
      { op: "add" as const, path: `/${tier}Metadata/list`, value: [1, 2, 3] },
      { op: "add" as const, path: `/${tier}Metadata/list/${this.#int(3)}`, value: this.#value() },
      { op: "remove" as const, path: `/${tier}Metadata/list/${this.#int(3)}` },
    ];
  }

  #flag(userId: string) {
    const publicMetadata = { plan: this.#int(3), list: [1] };
    const claims = this.#pick([["plan"], ["plan", "list"], []]);
    return this.#metadata.updateUserMetadata(userId, { publicMetadata, claims });
  }

  #rollback(userId: string) {
    const known = [...(this.versions.get(userId)?.keys() ?? [])];
    if (known.length === 0) return undefined;
    return this.#metadata.rollbackUserMetadata(userId, this.#pick(known), { by: "support" });
  }

  /** As an import stores documents: by itself, with numbers of their own. */
  async #import(userId: string) {
    const [stored] = await this.#store.read([userId]);
    if (UserMetadataError.is(stored)) throw stored;
    const before = stored ?? toDocument(NOTHING);
    const version = Math.max(Date.now(), before.version + 1) + this.#int(1000);
    const content = { public: this.#object(), private: this.#object(), unsafe: this.#object(), claims: [] };
    const next = {
      ...content,
      version,
      claimsVersion: version - 1,
      createdAt: version - 3,
      updatedAt: version - 2,
    };
    const by: Actor = { kind: "import", id: "file", via: "cli" };
    const entry = entryOf(userId, [before, next], { by }, TIERS);
    const [swap] = await this.#store.write([{ userId, expected: before.version, next, entries: [entry] }]);
    if (swap !== true) return undefined;
    return {
      userId,
      publicMetadata: next.public,
      privateMetadata: next.private,
      unsafeMetadata: next.unsafe,
      claims: [],
      version,
      createdAt: next.createdAt,
      updatedAt: next.updatedAt,
    };
  }

  #add(userId: string, version: number, text: string): void {
    const versions = this.versions.get(userId) ?? new Map<number, string>();
    this.versions.set(userId, versions);
    if (versions.has(version))
      assert.equal(versions.get(version), text, `${userId} ${version} is there twice`);
    versions.set(version, text);
  }
}

interface Shown {
  readonly publicMetadata: JsonValue | object;
  readonly privateMetadata: JsonValue | object;
  readonly unsafeMetadata: JsonValue | object;
  readonly claims: readonly string[];
  readonly version: number;
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
}

const shown = (metadata: Shown): string => {
  const { publicMetadata, privateMetadata, unsafeMetadata, claims, version, createdAt, updatedAt } = metadata;
  return JSON.stringify([
    publicMetadata,
    privateMetadata,
    unsafeMetadata,
    claims,
    version,
    createdAt,
    updatedAt,
  ]);
};

const pastShown = ({ tiers, claims, version, createdAt, updatedAt }: Past): string =>
  version === 0
    ? ""
    : JSON.stringify([tiers.public, tiers.private, tiers.unsafe, claims, version, createdAt, updatedAt]);

const toDocument = ({ tiers, claims, ...stamps }: Past): MetadataDocument => ({
  ...{ public: tiers.public ?? {}, private: tiers.private ?? {}, unsafe: tiers.unsafe ?? {} },
  ...{ claims: claims ?? [], ...stamps },
});

/** A user's entries, the oldest first. */
const entriesOf = async (store: Store, subject: string): Promise<readonly Entry[]> => {
  const all: Entry[] = [];
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const page = (await store.journal?.read({ subject, before, limit: 500 })) ?? [];
    all.unshift(...page.map(readEntry).reverse());
    const last = page.at(-1);
    if (!last) return all;
    before = last.version;
  }
};

/** Every version is what it was: forward from nothing, and backward from what is stored. Answers how many there are. */
export const checkVersions = async (store: Store, { versions, followed }: Writing): Promise<number> => {
  let count = 0;
  for (const [userId, known] of versions) {
    const entries = await entriesOf(store, userId);
    assert.deepEqual(
      followed.filter((each) => each.userId === userId).map(({ version }) => version),
      entries.map(({ version }) => version),
    );
    assert.deepEqual(new Set(entries.map(({ version }) => version)), new Set(known.keys()));
    let past = NOTHING;
    for (const entry of entries) {
      past = redo(past, entry);
      assert.equal(pastShown(past), known.get(entry.version), `${userId} ${entry.version}, forward`);
    }
    const [stored] = await store.read([userId]);
    if (UserMetadataError.is(stored)) throw stored;
    assert.deepEqual(past, stored ? toPast(stored) : NOTHING);
    past = stored ? toPast(stored) : NOTHING;
    for (const entry of entries.toReversed()) {
      assert.equal(pastShown(past), known.get(entry.version), `${userId} ${entry.version}, backward`);
      past = undo(past, entry);
    }
    assert.deepEqual(past, NOTHING);
    count += entries.length;
  }
  return count;
};
