import assert from "node:assert/strict";
import type { Store, Swap } from "@usermeta/core";
import { documentOf, readOne, type StoreCase, swap, times } from "./store-case.ts";

/** The greatest version that a store says was removed. */
const floorOf = (answer: Swap | undefined): number => {
  assert.equal(typeof answer, "number", `The answer is ${answer}, not the version that was removed.`);
  return Number(answer);
};

const refusesOld = async (store: Store, removed: number): Promise<void> => {
  for (const version of [1, removed]) {
    const floor = floorOf(await swap(store, "ada", 0, documentOf(version)));
    assert.ok(floor >= removed, `The answer is ${floor}; version ${removed} was removed.`);
    assert.equal(await readOne(store, "ada"), undefined);
  }
};

/** A version of a user never comes again. */
export const VERSIONS: readonly StoreCase[] = [
  {
    name: "inserts no version that a removed document of the user had, and says which one is too small",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(5));
      await swap(store, "ada", 5, documentOf(7));
      await swap(store, "ada", 7, null);
      await refusesOld(store, 7);
      const floor = floorOf(await swap(store, "ada", 0, documentOf(7)));
      assert.equal(await swap(store, "ada", 0, documentOf(floor + 1)), true);
      assert.deepEqual(await readOne(store, "ada"), documentOf(floor + 1));
    },
  },
  {
    name: "lets the other changes of a write be applied beside one whose version is too small",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(5));
      await swap(store, "ada", 5, null);
      await swap(store, "bob", 0, documentOf(9));
      const answers = await store.write([
        { userId: "ada", expected: 0, next: documentOf(5) },
        { userId: "bob", expected: 9, next: documentOf(10) },
        { userId: "eve", expected: 0, next: documentOf(100) },
      ]);
      floorOf(answers[0]);
      assert.deepEqual(answers.slice(1), [true, true]);
      assert.equal(await readOne(store, "ada"), undefined);
      assert.equal((await readOne(store, "bob"))?.version, 10);
    },
  },
  {
    name: "remembers the greatest version that a removal gives, also of a document that was never stored",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(5));
      assert.deepEqual(await store.write([{ userId: "ada", expected: 5, next: null, greatest: 7 }]), [true]);
      await refusesOld(store, 7);
      assert.deepEqual(
        await store.write([{ userId: "bob", expected: 0, next: null, least: 8, greatest: 9 }]),
        [true],
      );
      const floor = floorOf(await swap(store, "bob", 0, documentOf(9)));
      assert.equal(await swap(store, "bob", 0, documentOf(floor + 1)), true);
      assert.deepEqual(
        await store.write([{ userId: "bob", expected: 0, next: null, least: 99, greatest: 99 }]),
        [false],
      );
    },
  },
  {
    name: "applies no change whose least version is too small, whatever the last one is",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(5));
      await swap(store, "ada", 5, null);
      const given = { userId: "ada", expected: 0, least: 5, greatest: 50 };
      floorOf((await store.write([{ ...given, next: documentOf(50) }]))[0]);
      floorOf((await store.write([{ ...given, next: null }]))[0]);
      assert.equal(await readOne(store, "ada"), undefined);
    },
  },
  {
    name: "removes no document of another writer for one that was cleared before it was stored",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(5));
      const cleared = { userId: "ada", expected: 0, next: null, least: 5, greatest: 5 };
      assert.deepEqual(await store.write([cleared]), [false]);
      assert.deepEqual(await readOne(store, "ada"), documentOf(5));
    },
  },
  {
    name: "remembers removed versions when it is closed and opened again, and by another connection",
    needs: "persistent",
    run: async ({ store, reopen }) => {
      const other = await reopen();
      await swap(store, "ada", 0, documentOf(5));
      await swap(other, "ada", 5, null);
      await refusesOld(store, 5);
      await store.close?.();
      await refusesOld(await reopen(), 5);
    },
  },
  {
    name: "lets no version come again, when one connection removes and another inserts at once",
    needs: "persistent",
    run: async ({ store, reopen }) => {
      const other = await reopen();
      for (const round of times(50)) {
        const version = 2 * round + 2;
        assert.equal(await swap(store, "ada", 0, documentOf(version)), true);
        const [removed, inserted] = await Promise.all([
          swap(store, "ada", version, null),
          swap(other, "ada", 0, documentOf(version)),
        ]);
        assert.equal(removed, true);
        assert.ok(inserted !== true, `Version ${version} came again.`);
      }
    },
  },
];
