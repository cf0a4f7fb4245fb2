import { describe, expect, test } from "vitest";
import {
  createUserMetadata,
  type MetadataDocument,
  memoryStore,
  type Store,
  type UserMetadataEngine,
  UserMetadataError,
} from "../src/index.ts";

const documentOf = (version: number): MetadataDocument => ({
  public: { version },
  private: {},
  unsafe: {},
  claims: [],
  version,
  claimsVersion: version,
  createdAt: 1,
  updatedAt: version,
});

/** The answer of a read or a write that is held back until it is let go. */
interface Gate {
  /** Resolves when the store has done the work and its answer waits. */
  readonly reached: Promise<void>;
  open(error?: Error): void;
}

/** A store in memory whose changes are told, whose answers can be held back, and that counts its reads. */
const watchedStore = () => {
  const inner = memoryStore();
  const reads: string[] = [];
  const gates: { reached: () => void; opened: Promise<Error | undefined> }[] = [];
  let listener: Parameters<NonNullable<Store["subscribe"]>>[0] = () => undefined;
  let live = true;
  const pass = async <T>(answer: T): Promise<T> => {
    const gate = gates.shift();
    gate?.reached();
    const error = await gate?.opened;
    if (error) throw error;
    return answer;
  };
  const store: Store = {
    read: async (userIds) => {
      reads.push(...userIds);
      return pass(await inner.read(userIds));
    },
    write: async (changes) => pass(await inner.write(changes)),
    subscribe: (changed) => {
      listener = changed;
      return () => live;
    },
  };
  return {
    store,
    reads,
    /** The next answer of the store waits. */
    hold: (): Gate => {
      const { promise: reached, resolve } = Promise.withResolvers<void>();
      const { promise: opened, resolve: open } = Promise.withResolvers<Error | undefined>();
      gates.push({ reached: resolve, opened });
      return { reached, open };
    },
    /** Another process writes a version, or 0 to remove, and does not yet tell. */
    othersWrite: async (userId: string, version: number) => {
      const [stored] = (await inner.read([userId])) as [MetadataDocument?];
      const expected = stored?.version ?? 0;
      const next = version === 0 ? null : documentOf(version);
      expect(await inner.write([{ userId, expected, next }])).toEqual([true]);
    },
    tell: (versions?: Readonly<Record<string, number>>) =>
      listener(versions && new Map(Object.entries(versions))),
    setLive: (now: boolean) => {
      live = now;
    },
  };
};

const engineOn = (store: Store, maxUsers = 100): UserMetadataEngine =>
  createUserMetadata({ store, cache: { maxUsers } });

const versionOf = async (metadata: UserMetadataEngine, userId = "ada"): Promise<number> =>
  (await metadata.getUserMetadata(userId)).version;

const update = (metadata: UserMetadataEngine): Promise<number> =>
  metadata.updateUserMetadata("ada", { publicMetadata: { by: "us" } }).then(({ version }) => version);

/** A version that no clock of this machine has come to. */
const LATER = Date.now() + 1e9;

describe("the options", () => {
  test("a store that cannot tell of changes is refused", () => {
    expect(() => createUserMetadata({ store: memoryStore(), cache: { maxUsers: 1 } })).toThrow(
      expect.objectContaining({ code: "options_invalid", message: expect.stringContaining("subscribe") }),
    );
  });

  test.each([0, -1, 1.5, Number.NaN, undefined])("maxUsers %s is refused", (maxUsers) => {
    const { store } = watchedStore();
    expect(() => createUserMetadata({ store, cache: { maxUsers: maxUsers as number } })).toThrow(
      expect.objectContaining({ code: "options_invalid", message: expect.stringContaining("maxUsers") }),
    );
  });
});

describe("in memory", () => {
  test("are what was read, what was written, and that there is nothing", async () => {
    const { store, reads, othersWrite } = watchedStore();
    await othersWrite("bob", 7);
    const metadata = engineOn(store);
    for (let round = 0; round < 3; round++) {
      expect(await versionOf(metadata, "bob")).toBe(7);
      expect(await versionOf(metadata, "nobody")).toBe(0);
    }
    expect(reads).toEqual(["bob", "nobody"]);
    const written = await update(metadata);
    expect(reads).toEqual(["bob", "nobody", "ada"]);
    expect(await versionOf(metadata)).toBe(written);
    await metadata.clearUserMetadata("ada");
    expect(await versionOf(metadata)).toBe(0);
    // Both writes read the store; no read did.
    expect(reads).toEqual(["bob", "nobody", "ada", "ada"]);
  });

  test("are as many users as the option says; the one used longest ago goes", async () => {
    const { store, reads } = watchedStore();
    const metadata = engineOn(store, 2);
    for (const userId of ["a", "b", "a", "c", "a", "b", "a"]) await versionOf(metadata, userId);
    expect(reads).toEqual(["a", "b", "c", "b"]);
  });

  test("is nothing that a caller can change", async () => {
    const metadata = engineOn(watchedStore().store);
    await metadata.updateUserMetadata("ada", { publicMetadata: { list: [1] }, privateMetadata: { a: {} } });
    const first = await metadata.getUserMetadata("ada");
    (first.publicMetadata.list as number[]).push(2);
    first.privateMetadata.a = 1;
    const second = await metadata.getUserMetadata("ada");
    expect(second.publicMetadata).toEqual({ list: [1] });
    expect(second.privateMetadata).toEqual({ a: {} });
  });

  test("one read asks the store for those alone that are missing, and answers all in order", async () => {
    const { store, reads, othersWrite } = watchedStore();
    for (const [index, userId] of ["a", "b", "c"].entries()) await othersWrite(userId, index + 1);
    const metadata = engineOn(store);
    await versionOf(metadata, "b");
    const versions = await Promise.all(["a", "b", "c"].map((userId) => versionOf(metadata, userId)));
    expect(versions).toEqual([1, 2, 3]);
    expect(reads).toEqual(["b", "a", "c"]);
  });
});

describe("what others write", () => {
  test("is read as soon as it is told; what is told of other users changes nothing", async () => {
    const { store, reads, othersWrite, tell } = watchedStore();
    const metadata = engineOn(store);
    await versionOf(metadata);
    await othersWrite("ada", 5);
    tell({ bob: 9 });
    expect(await versionOf(metadata)).toBe(0);
    tell({ ada: 5 });
    expect(await versionOf(metadata)).toBe(5);
    await othersWrite("ada", 0);
    tell({ ada: 0 });
    expect(await versionOf(metadata)).toBe(0);
    await othersWrite("ada", 6);
    tell();
    expect(await versionOf(metadata)).toBe(6);
    expect(reads).toHaveLength(4);
  });

  test("what we wrote ourselves stays when it is told", async () => {
    const { store, reads, tell } = watchedStore();
    const metadata = engineOn(store);
    const version = await update(metadata);
    tell({ ada: version });
    expect(await versionOf(metadata)).toBe(version);
    expect(reads).toEqual(["ada"]);
  });

  test.each([{ ada: 5 }, undefined])("told during a read, it wins: %j", async (told) => {
    const { store, hold, othersWrite, tell } = watchedStore();
    const metadata = engineOn(store);
    const gate = hold();
    const early = versionOf(metadata);
    await gate.reached;
    await othersWrite("ada", 5);
    tell(told);
    gate.open();
    expect(await early).toBe(0);
    expect(await versionOf(metadata)).toBe(5);
  });

  test.each([{ ada: LATER }, undefined])(
    "told before our own write is answered, it wins: %j",
    async (told) => {
      const { store, hold, othersWrite, tell } = watchedStore();
      const metadata = engineOn(store);
      await versionOf(metadata);
      const [read, write] = [hold(), hold()];
      const ours = update(metadata);
      read.open();
      await write.reached;
      await othersWrite("ada", LATER);
      tell(told);
      write.open();
      expect(await ours).toBeLessThan(LATER);
      expect(await versionOf(metadata)).toBe(LATER);
    },
  );

  test("a version that came again after a removal is not taken for the one before", async () => {
    const { store, reads, hold, othersWrite, tell } = watchedStore();
    await othersWrite("ada", 5);
    const metadata = engineOn(store);
    const gate = hold();
    const early = versionOf(metadata);
    await gate.reached;
    tell({ ada: 0 });
    tell({ ada: 5 });
    gate.open();
    await early;
    await versionOf(metadata);
    expect(reads).toEqual(["ada", "ada"]);
  });
});

describe("what we write ourselves", () => {
  test("is read by whoever asks after it is acknowledged, also where an older read ends later", async () => {
    const { store, hold } = watchedStore();
    const metadata = engineOn(store);
    const gate = hold();
    const early = versionOf(metadata);
    await gate.reached;
    const written = await update(metadata);
    gate.open();
    expect(await early).toBe(0);
    expect(await versionOf(metadata)).toBe(written);
  });

  test("is made of what is stored, whatever is in memory", async () => {
    const { store, othersWrite } = watchedStore();
    const metadata = engineOn(store);
    await versionOf(metadata);
    await othersWrite("ada", 5);
    expect(await versionOf(metadata)).toBe(0);
    const { publicMetadata } = await metadata.updateUserMetadata(
      "ada",
      { publicMetadata: { a: 1 } },
      { ifVersion: 5 },
    );
    expect(publicMetadata).toEqual({ version: 5, a: 1 });
  });

  test("and whose answer is lost, is read from the store", async () => {
    const { store, hold } = watchedStore();
    const metadata = engineOn(store);
    await versionOf(metadata);
    const [read, write] = [hold(), hold()];
    const ours = update(metadata);
    read.open();
    write.open(new UserMetadataError("store_unavailable", "The connection was lost."));
    await expect(ours).rejects.toMatchObject({ code: "store_unavailable" });
    expect(await versionOf(metadata)).toBeGreaterThan(0);
  });
});

test("while the store cannot tell, it is read; then memory is trusted as far as it was not forgotten", async () => {
  const { store, reads, othersWrite, tell, setLive } = watchedStore();
  const metadata = engineOn(store);
  await versionOf(metadata);
  setLive(false);
  await othersWrite("ada", 5);
  expect(await versionOf(metadata)).toBe(5);
  await othersWrite("ada", 6);
  expect(await versionOf(metadata)).toBe(6);
  await othersWrite("ada", 7);
  tell();
  setLive(true);
  expect(await versionOf(metadata)).toBe(7);
  expect(await versionOf(metadata)).toBe(7);
  expect(reads).toHaveLength(4);
});

test("a store that fails to be read fails the read, not the next one", async () => {
  const { store, hold, othersWrite } = watchedStore();
  await othersWrite("ada", 5);
  const metadata = engineOn(store);
  hold().open(new Error("No answer."));
  await expect(versionOf(metadata)).rejects.toMatchObject({ code: "store_unavailable" });
  expect(await versionOf(metadata)).toBe(5);
});
