import assert from "node:assert/strict";
import type { FindQuery, JsonObject, Store } from "@usermeta/core";
import { documentOf, type StoreCase, swap } from "./store-case.ts";

/** The keys that the cases search by: a store that must be told which they are is told these. */
export const SEARCHED_KEYS: readonly string[] = [
  "public.plan",
  "public.address.city",
  "private.plan",
  "unsafe.plan",
];

const fill = async (store: Store, users: Readonly<Record<string, JsonObject>>): Promise<void> => {
  for (const [userId, tier] of Object.entries(users))
    await swap(store, userId, 0, documentOf(1, { public: tier, claims: [] }));
};

const find = async (store: Store, query: Partial<FindQuery>): Promise<string[]> => {
  assert.ok(store.find, "The store has no find().");
  const found = await store.find({ tier: "public", where: {}, after: "", limit: 100, ...query });
  return found.map(({ userId }) => userId);
};

/** A case that says which of some users one search finds. */
const finds = (
  name: string,
  where: JsonObject,
  users: { readonly found: readonly JsonObject[]; readonly not: readonly JsonObject[] },
): StoreCase => ({
  name: `finds ${name}`,
  needs: "searchable",
  run: async ({ store }) => {
    const named = (prefix: string, tiers: readonly JsonObject[]): [string, JsonObject][] =>
      tiers.map((tier, index) => [`${prefix} ${index}`, tier]);
    const wanted = named("found", users.found);
    await fill(store, Object.fromEntries([...named("not", users.not), ...wanted]));
    assert.deepEqual(
      await find(store, { where }),
      wanted.map(([userId]) => userId),
    );
  },
});

/** What `find` answers, and in which order. */
export const SEARCHING: readonly StoreCase[] = [
  finds(
    "a string, and nothing that looks like it",
    { plan: "1" },
    {
      found: [{ plan: "1" }, { plan: "1", more: [1, 2] }],
      not: [
        { plan: 1 },
        { plan: "1 " },
        { plan: "01" },
        { plan: ["1"] },
        { plan: { "1": 1 } },
        { other: "1" },
        {},
      ],
    },
  ),
  finds(
    "a number, and nothing that looks like it",
    { plan: 1 },
    {
      found: [{ plan: 1 }],
      not: [{ plan: "1" }, { plan: true }, { plan: 1.5 }, { plan: -1 }, { plan: [1] }, { plan: null }],
    },
  ),
  finds(
    "a fraction",
    { plan: 0.1 },
    { found: [{ plan: 0.1 }], not: [{ plan: 0.1 + 1e-16 }, { plan: "0.1" }] },
  ),
  finds(
    "a number that is large",
    { plan: 1e21 },
    {
      found: [{ plan: 1e21 }],
      not: [{ plan: 1e20 }, { plan: "1e+21" }],
    },
  ),
  finds(
    "an integer that a double just holds",
    { plan: 2 ** 53 },
    {
      found: [{ plan: 2 ** 53 }],
      not: [{ plan: 2 ** 53 - 1 }, { plan: String(2 ** 53) }],
    },
  ),
  finds(
    "true",
    { plan: true },
    { found: [{ plan: true }], not: [{ plan: 1 }, { plan: "true" }, { plan: false }] },
  ),
  finds(
    "false",
    { plan: false },
    {
      found: [{ plan: false }],
      not: [{ plan: 0 }, { plan: "false" }, { plan: null }, { plan: "" }, {}],
    },
  ),
  finds(
    "null, which is not a key that is missing",
    { plan: null },
    {
      found: [{ plan: null }],
      not: [{}, { plan: "null" }, { plan: 0 }, { plan: {} }],
    },
  ),
  finds("an empty string", { plan: "" }, { found: [{ plan: "" }], not: [{ plan: " " }, { plan: null }, {}] }),
  finds(
    "a string of quotes and SQL",
    { plan: `'; DROP TABLE x; -- "%_\\ \n` },
    {
      found: [{ plan: `'; DROP TABLE x; -- "%_\\ \n` }],
      not: [{ plan: `'; DROP TABLE x; -- "x_\\ \n` }],
    },
  ),
  finds(
    "a string as it is, in case and in normal form",
    { plan: "Jos\u00e9" },
    {
      found: [{ plan: "Jos\u00e9" }],
      not: [{ plan: "Jose\u0301" }, { plan: "jos\u00e9" }, { plan: "Jose" }],
    },
  ),
  finds(
    "a string of 4,000 characters",
    { plan: "漢".repeat(4000) },
    {
      found: [{ plan: "漢".repeat(4000) }],
      not: [{ plan: "漢".repeat(3999) }],
    },
  ),
  finds(
    "who has both of two keys",
    { plan: "pro", seats: 3 },
    {
      found: [{ seats: 3, plan: "pro", more: true }],
      not: [{ plan: "pro" }, { plan: "pro", seats: 4 }, { seats: 3 }, { plan: "free", seats: 3 }],
    },
  ),
  finds(
    "a key of an object",
    { address: { city: "Bern" } },
    {
      found: [{ address: { city: "Bern", zip: 3000 } }],
      not: [
        { address: { city: "Biel" } },
        { city: "Bern" },
        { address: "Bern" },
        { address: [{ city: "Bern" }] },
      ],
    },
  ),
  finds(
    "an object that is empty or not, beside a key",
    { plan: "pro", extra: {} },
    {
      found: [
        { plan: "pro", extra: {} },
        { plan: "pro", extra: { a: 1 } },
      ],
      not: [
        { plan: "pro" },
        { plan: "pro", extra: [] },
        { plan: "pro", extra: "x" },
        { plan: "pro", extra: null },
      ],
    },
  ),
  finds(
    "keys that look like paths, beside one that does not",
    {
      plan: "pro",
      "a.b": 1,
      'q"uote': { "[0]": "x" },
      $: true,
      constructor: "y",
    },
    {
      found: [{ plan: "pro", "a.b": 1, 'q"uote': { "[0]": "x" }, $: true, constructor: "y" }],
      not: [
        { plan: "pro", a: { b: 1 }, 'q"uote': { "[0]": "x" }, $: true, constructor: "y" },
        { plan: "pro", "a.b": 1, 'q"uote': ["x"], $: true, constructor: "y" },
        { plan: "pro", "a.b": 1, 'q"uote': { "[0]": "x" }, $: true },
      ],
    },
  ),
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
