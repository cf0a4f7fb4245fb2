import assert from "node:assert/strict";
import { documentOf, readOne, type StoreCase, swap } from "./store-case.ts";

const times = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** What outlives a store, what two connections see of each other, and what `close` does. */
export const LIFETIME: readonly StoreCase[] = [
  {
    name: "keeps what was acknowledged when it is closed and opened again",
    needs: "persistent",
    run: async ({ store, reopen }) => {
      await swap(store, "ada", 0, documentOf(1));
      await swap(store, "ada", 1, documentOf(2));
      await store.close?.();
      assert.deepEqual(await readOne(await reopen(), "ada"), documentOf(2));
    },
  },
  {
    name: "keeps a delete when it is closed and opened again",
    needs: "persistent",
    run: async ({ store, reopen }) => {
      await swap(store, "ada", 0, documentOf(1));
      await swap(store, "ada", 1, null);
      await store.close?.();
      assert.equal(await readOne(await reopen(), "ada"), undefined);
    },
  },
  {
    name: "shows each of two connections what the other has written",
    needs: "persistent",
    run: async ({ store, reopen }) => {
      const other = await reopen();
      await swap(store, "ada", 0, documentOf(1));
      assert.deepEqual(await readOne(other, "ada"), documentOf(1));
      await swap(other, "ada", 1, documentOf(2));
      assert.deepEqual(await readOne(store, "ada"), documentOf(2));
    },
  },
  {
    name: "refuses a swap that another connection has overtaken",
    needs: "persistent",
    run: async ({ store, reopen }) => {
      const other = await reopen();
      await swap(store, "ada", 0, documentOf(1));
      await swap(other, "ada", 1, documentOf(2));
      assert.equal(await swap(store, "ada", 1, documentOf(3)), false);
      assert.equal((await readOne(store, "ada"))?.version, 2);
    },
  },
  {
    name: "lets exactly one connection win each of 50 swaps at once",
    needs: "persistent",
    run: async ({ store, reopen }) => {
      const other = await reopen();
      const changes = times(50).map((index) => ({
        userId: `user ${index}`,
        expected: 0,
        next: documentOf(1),
      }));
      const answers = await Promise.all(
        changes.flatMap((change) => [store.write([change]), other.write([change])]),
      );
      assert.equal(answers.flat().filter(Boolean).length, 50);
    },
  },
  {
    name: "loses no update between two connections that read, add one and try again",
    needs: "persistent",
    run: async ({ store, reopen }) => {
      const add = async (by: typeof store): Promise<void> => {
        const current = await readOne(by, "counter");
        const count = Number(current?.public.count ?? 0) + 1;
        const next = documentOf((current?.version ?? 0) + 1, { public: { count } });
        if (!(await swap(by, "counter", current?.version ?? 0, next))) await add(by);
      };
      const addTen = async (by: typeof store): Promise<void> => {
        for (const _ of times(10)) await add(by);
      };
      await Promise.all([store, await reopen()].flatMap((by) => [addTen(by), addTen(by)]));
      assert.deepEqual((await readOne(store, "counter"))?.public, { count: 40 });
    },
  },
  {
    name: "may be closed twice",
    needs: "closable",
    run: async ({ store }) => {
      await store.close?.();
      await store.close?.();
    },
  },
  {
    name: "rejects a read after close",
    needs: "closable",
    run: async ({ store }) => {
      await store.close?.();
      await assert.rejects(async () => store.read(["ada"]), { code: "store_unavailable" });
    },
  },
  {
    name: "rejects a write after close",
    needs: "closable",
    run: async ({ store }) => {
      await store.close?.();
      await assert.rejects(async () => swap(store, "ada", 0, documentOf(1)), { code: "store_unavailable" });
    },
  },
];
