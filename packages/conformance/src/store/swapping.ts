import assert from "node:assert/strict";
import { documentOf, readOne, type StoreCase, swap } from "./store-case.ts";

/** The compare-and-swap: which change is applied, and what one that is not applied leaves as it was. */
export const SWAPPING: readonly StoreCase[] = [
  {
    name: "writes nothing for no changes",
    run: async ({ store }) => assert.deepEqual(await store.write([]), []),
  },
  {
    name: "inserts with expected 0",
    run: async ({ store }) => assert.equal(await swap(store, "ada", 0, documentOf(1)), true),
  },
  {
    name: "refuses a second insert and keeps the first",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(1));
      assert.equal(await swap(store, "ada", 0, documentOf(2)), false);
      assert.deepEqual(await readOne(store, "ada"), documentOf(1));
    },
  },
  {
    name: "updates with the version that is stored",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(1));
      assert.equal(await swap(store, "ada", 1, documentOf(2)), true);
      assert.deepEqual(await readOne(store, "ada"), documentOf(2));
    },
  },
  {
    name: "refuses an update with a version that is past",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(1));
      await swap(store, "ada", 1, documentOf(2));
      assert.equal(await swap(store, "ada", 1, documentOf(3)), false);
      assert.deepEqual(await readOne(store, "ada"), documentOf(2));
    },
  },
  {
    name: "refuses an update with a version that is still to come",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(1));
      assert.equal(await swap(store, "ada", 2, documentOf(3)), false);
      assert.deepEqual(await readOne(store, "ada"), documentOf(1));
    },
  },
  {
    name: "refuses an update if nothing is stored",
    run: async ({ store }) => {
      assert.equal(await swap(store, "ada", 1, documentOf(2)), false);
      assert.equal(await readOne(store, "ada"), undefined);
    },
  },
  {
    name: "replaces the whole document, so that no key of the old one is left",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(1, { public: { old: 1 }, claims: ["old"] }));
      const next = documentOf(2, {
        public: {},
        private: {},
        unsafe: {},
        claims: [],
        createdAt: 5,
        updatedAt: 6,
      });
      await swap(store, "ada", 1, next);
      assert.deepEqual(await readOne(store, "ada"), next);
    },
  },
  {
    name: "deletes with the version that is stored",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(1));
      assert.equal(await swap(store, "ada", 1, null), true);
      assert.equal(await readOne(store, "ada"), undefined);
    },
  },
  {
    name: "refuses a delete with a version that is past",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(1));
      await swap(store, "ada", 1, documentOf(2));
      assert.equal(await swap(store, "ada", 1, null), false);
      assert.deepEqual(await readOne(store, "ada"), documentOf(2));
    },
  },
  {
    name: "applies a delete with expected 0 if nothing is stored",
    run: async ({ store }) => assert.equal(await swap(store, "ada", 0, null), true),
  },
  {
    name: "refuses a delete with expected 0 where something is stored",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(1));
      assert.equal(await swap(store, "ada", 0, null), false);
      assert.equal((await readOne(store, "ada"))?.version, 1);
    },
  },
  {
    name: "refuses a delete with a version if nothing is stored",
    run: async ({ store }) => assert.equal(await swap(store, "ada", 1, null), false),
  },
  {
    name: "inserts again after a delete, and not with the old version",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(1));
      await swap(store, "ada", 1, null);
      assert.equal(await swap(store, "ada", 1, documentOf(2)), false);
      assert.equal(await swap(store, "ada", 0, documentOf(3)), true);
      assert.deepEqual(await readOne(store, "ada"), documentOf(3));
    },
  },
];
