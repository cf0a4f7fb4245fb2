import assert from "node:assert/strict";
import { documentOf, readAll, readOne, type StoreCase, swap } from "./store-case.ts";

/** Tries to change a document; a store may have frozen it. */
const tamper = (change: () => unknown): void => {
  try {
    change();
  } catch (error) {
    assert.ok(error instanceof TypeError);
  }
};

/** What `read` answers, and that nobody shares an object with the store. */
export const READING: readonly StoreCase[] = [
  {
    name: "reads undefined if nothing is stored",
    run: async ({ store }) => assert.deepEqual(await store.read(["nobody"]), [undefined]),
  },
  {
    name: "reads nothing for no ids",
    run: async ({ store }) => assert.deepEqual(await store.read([]), []),
  },
  {
    name: "reads what was written, in every part",
    run: async ({ store }) => {
      const written = documentOf(1);
      await swap(store, "ada", 0, written);
      assert.deepEqual(await readOne(store, "ada"), written);
    },
  },
  {
    name: "answers in the order asked for, with gaps if nothing is stored",
    run: async ({ store }) => {
      for (const [index, userId] of ["a", "b", "c"].entries())
        await swap(store, userId, 0, documentOf(index + 1));
      const read = await readAll(store, ["c", "nobody", "a", "b"]);
      assert.deepEqual(
        read.map((document) => document?.version),
        [3, undefined, 1, 2],
      );
    },
  },
  {
    name: "reads 2,000 ids at once",
    run: async ({ store }) => {
      await swap(store, "user 1234", 0, documentOf(7));
      const read = await store.read(Array.from({ length: 2000 }, (_, index) => `user ${index}`));
      assert.equal(read.length, 2000);
      assert.deepEqual(
        read.flatMap((document, index) => (document ? [index] : [])),
        [1234],
      );
    },
  },
  {
    name: "keeps a document that was read as it was, whatever is written later",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(1));
      const before = await readOne(store, "ada");
      await swap(store, "ada", 1, documentOf(2));
      assert.deepEqual(before, documentOf(1));
    },
  },
  {
    name: "is not changed by who changes a document that was read",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(1, { public: { list: [1, { deep: true }] } }));
      const read = await readOne(store, "ada");
      assert.ok(read);
      tamper(() => (read.public.added = true));
      tamper(() => (read.public.list as unknown[]).push(2));
      assert.deepEqual((await readOne(store, "ada"))?.public, { list: [1, { deep: true }] });
    },
  },
  {
    name: "is not changed by who changes a document after it was written",
    run: async ({ store }) => {
      const list = [1];
      const written = documentOf(1, { private: { list } });
      await swap(store, "ada", 0, written);
      tamper(() => list.push(2));
      tamper(() => (written.private.added = true));
      assert.deepEqual((await readOne(store, "ada"))?.private, { list: [1] });
    },
  },
  {
    name: "gives two readers objects of their own",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(1));
      const [first, second] = await Promise.all([readOne(store, "ada"), readOne(store, "ada")]);
      assert.ok(first && second);
      tamper(() => (first.unsafe.note = "changed"));
      assert.equal(second.unsafe.note, "unsafe 1");
    },
  },
  {
    name: "does not change the arrays that it is given",
    run: async ({ store }) => {
      const changes = Object.freeze([Object.freeze({ userId: "ada", expected: 0, next: documentOf(1) })]);
      assert.deepEqual(await store.write(changes), [true]);
      assert.equal((await readAll(store, Object.freeze(["ada"])))[0]?.version, 1);
    },
  },
];
