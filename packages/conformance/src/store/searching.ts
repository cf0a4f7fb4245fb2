import assert from "node:assert/strict";
import { fill, find } from "./searched.ts";
import { documentOf, type StoreCase, swap } from "./store-case.ts";

/** What a search answers, in which order, and page by page. */
export const SEARCHING: readonly StoreCase[] = [
  {
    name: "finds in the tier that is asked for",
    needs: "searchable",
    run: async ({ store }) => {
      for (const tier of ["public", "private", "unsafe"] as const) {
        const parts = { public: {}, private: {}, unsafe: {}, claims: [], [tier]: { plan: "pro" } };
        await swap(store, tier, 0, documentOf(1, parts));
      }
      for (const tier of ["public", "private", "unsafe"] as const)
        assert.deepEqual(await find(store, { tier, where: { plan: "pro" } }), [tier]);
    },
  },
  {
    name: "finds the documents as they are read",
    needs: "searchable",
    run: async ({ store }) => {
      const document = documentOf(7, {
        public: { plan: "pro", z: [1, { a: null }], a: 0.5 },
        claims: ["plan"],
      });
      await swap(store, "ada", 0, document);
      const query = { tier: "public", where: { plan: "pro" }, after: "", limit: 1 } as const;
      assert.deepEqual(await store.find?.(query), [{ userId: "ada", document }]);
    },
  },
  {
    name: "finds what a user has now, and not what it had",
    needs: "searchable",
    run: async ({ store }) => {
      await fill(store, { ada: { plan: "free" }, bob: { plan: "free" }, eve: { plan: "free" } });
      await swap(store, "ada", 1, documentOf(2, { public: { plan: "pro" }, claims: [] }));
      await swap(store, "bob", 1, null);
      assert.deepEqual(await find(store, { where: { plan: "free" } }), ["eve"]);
      assert.deepEqual(await find(store, { where: { plan: "pro" } }), ["ada"]);
      assert.deepEqual(await find(store, { where: { plan: "none" } }), []);
    },
  },
  {
    name: "finds all users in the order of the bytes of their ids",
    needs: "searchable",
    run: async ({ store }) => {
      const ordered = ["10", "9", "Z", "a", "a b", "ab", "b", "é", "ﬁ", "𐍈"];
      await fill(
        store,
        Object.fromEntries(ordered.toReversed().map((userId) => [`u${userId}`, { plan: 1 }])),
      );
      const ids = ordered.map((userId) => `u${userId}`);
      assert.deepEqual(await find(store, {}), ids);
      assert.deepEqual(await find(store, { where: { plan: 1 } }), ids);
      assert.deepEqual(await find(store, { where: { plan: 1 }, after: "ué" }), ["uﬁ", "u𐍈"]);
    },
  },
  {
    name: "finds page by page, each user once",
    needs: "searchable",
    run: async ({ store }) => {
      const changes = Array.from({ length: 250 }, (_, index) => ({
        userId: `user ${String(index).padStart(3, "0")}`,
        expected: 0,
        next: documentOf(1, {
          public: { plan: index % 5 === 0 ? "pro" : "free", odd: index % 2 },
          claims: [],
        }),
      }));
      await store.write(changes);
      const wanted = changes.filter((_, index) => index % 10 === 5).map(({ userId }) => userId);
      const found: string[] = [];
      for (;;) {
        const page = await find(store, {
          where: { plan: "pro", odd: 1 },
          after: found.at(-1) ?? "",
          limit: 7,
        });
        found.push(...page);
        if (page.length < 7) break;
      }
      assert.deepEqual(found, wanted);
      assert.equal((await find(store, { after: "user 199", limit: 500 })).length, 50);
    },
  },
  {
    name: "finds after a user who is gone, and before the first",
    needs: "searchable",
    run: async ({ store }) => {
      await fill(store, { a: { plan: 1 }, b: { plan: 1 }, c: { plan: 1 } });
      await swap(store, "b", 1, null);
      assert.deepEqual(await find(store, { after: "b" }), ["c"]);
      assert.deepEqual(await find(store, { after: "aa", where: { plan: 1 } }), ["c"]);
      assert.deepEqual(await find(store, { after: "c" }), []);
    },
  },
  {
    name: "counts its users",
    needs: "searchable",
    run: async ({ store }) => {
      assert.equal(await store.count?.(), 0);
      await fill(store, { a: {}, b: {}, c: {} });
      await swap(store, "b", 1, null);
      assert.equal(await store.count?.(), 2);
    },
  },
];
