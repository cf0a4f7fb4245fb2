import assert from "node:assert/strict";
import { documentOf, readAll, readOne, type StoreCase, swap, times } from "./store-case.ts";

/** The compare-and-swap: which change is applied, and what one that is not applied leaves as it was. */
/** Several swaps in one write, and several writes at once. */
export const SWAPPING_TOGETHER: readonly StoreCase[] = [
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
      const read = await readAll(store, ["update", "stale", "insert", "kept", "delete", "nobody"]);
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
