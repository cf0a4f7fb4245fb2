import assert from "node:assert/strict";
import { documentOf, readOne, type StoreCase, swap } from "./store-case.ts";

const times = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

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
  {
    name: "answers each change of a mixed write in its place",
    run: async ({ store }) => {
      await store.write(
        ["update", "stale", "delete", "kept"].map((userId) => ({ userId, expected: 0, next: documentOf(1) })),
      );
      const answers = await store.write([
        { userId: "update", expected: 1, next: documentOf(2) },
        { userId: "stale", expected: 9, next: documentOf(2) },
        { userId: "insert", expected: 0, next: documentOf(2) },
        { userId: "kept", expected: 0, next: documentOf(2) },
        { userId: "delete", expected: 1, next: null },
        { userId: "nobody", expected: 1, next: null },
      ]);
      assert.deepEqual(answers, [true, false, true, false, true, false]);
      const read = await store.read(["update", "stale", "insert", "kept", "delete", "nobody"]);
      assert.deepEqual(
        read.map((document) => document?.version),
        [2, 1, 2, 1, undefined, undefined],
      );
    },
  },
  {
    name: "lets one lost swap hinder no other change, wherever it stands",
    run: async ({ store }) => {
      for (const lost of [0, 5, 9]) {
        const answers = await store.write(
          times(10).map((index) => ({
            userId: `${lost} ${index}`,
            expected: index === lost ? 1 : 0,
            next: documentOf(1),
          })),
        );
        assert.deepEqual(
          answers,
          times(10).map((index) => index !== lost),
        );
      }
    },
  },
  {
    name: "lets exactly one of 20 first writes at once win",
    run: async ({ store }) => {
      const answers = await Promise.all(
        times(20).map((index) => swap(store, "ada", 0, documentOf(index + 1))),
      );
      assert.equal(answers.filter(Boolean).length, 1);
      assert.equal((await readOne(store, "ada"))?.version, answers.indexOf(true) + 1);
    },
  },
  {
    name: "lets exactly one of 20 updates at once win",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(1));
      const answers = await Promise.all(
        times(20).map((index) => swap(store, "ada", 1, documentOf(index + 2))),
      );
      assert.equal(answers.filter(Boolean).length, 1);
      assert.equal((await readOne(store, "ada"))?.version, answers.indexOf(true) + 2);
    },
  },
  {
    name: "lets exactly one of a delete and an update at once win",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(1));
      const [deleted, updated] = await Promise.all([
        swap(store, "ada", 1, null),
        swap(store, "ada", 1, documentOf(2)),
      ]);
      assert.notEqual(deleted, updated);
      assert.equal((await readOne(store, "ada"))?.version, updated ? 2 : undefined);
    },
  },
  {
    name: "takes writes of the same users at once, in opposite orders",
    run: async ({ store }) => {
      const changes = times(50).map((index) => ({
        userId: `user ${index}`,
        expected: 0,
        next: documentOf(1),
      }));
      const [forth = [], back = []] = await Promise.all([
        store.write(changes),
        store.write(changes.toReversed()),
      ]);
      assert.deepEqual(
        forth.map((applied, index) => applied !== back[49 - index]),
        times(50).map(() => true),
      );
    },
  },
  {
    name: "loses no update of 8 writers that read, add one and try again",
    run: async ({ store }) => {
      const add = async (): Promise<void> => {
        const current = await readOne(store, "counter");
        const count = Number(current?.public.count ?? 0) + 1;
        const next = documentOf((current?.version ?? 0) + 1, { public: { count } });
        if (!(await swap(store, "counter", current?.version ?? 0, next))) await add();
      };
      await Promise.all(
        times(8).map(async () => {
          for (const _ of times(10)) await add();
        }),
      );
      assert.deepEqual((await readOne(store, "counter"))?.public, { count: 80 });
    },
  },
  {
    name: "takes 300 versions of one user, one after the other",
    run: async ({ store }) => {
      for (const version of times(300))
        assert.equal(await swap(store, "ada", version, documentOf(version + 1)), true);
      assert.deepEqual(await readOne(store, "ada"), documentOf(300));
    },
  },
  {
    name: "takes 1,000 users in one write, and updates and deletes them in the next",
    run: async ({ store }) => {
      const ids = times(1000).map((index) => `user ${index}`);
      const inserted = await store.write(
        ids.map((userId, index) => ({ userId, expected: 0, next: documentOf(index + 1) })),
      );
      assert.deepEqual(new Set(inserted), new Set([true]));
      const next = (index: number): ReturnType<typeof documentOf> | null =>
        index % 2 ? null : documentOf(2000 + index);
      await store.write(ids.map((userId, index) => ({ userId, expected: index + 1, next: next(index) })));
      assert.deepEqual(
        await store.read(ids),
        times(1000).map((index) => next(index) ?? undefined),
      );
    },
  },
];
