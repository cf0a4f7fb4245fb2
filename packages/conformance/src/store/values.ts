import assert from "node:assert/strict";
import type { JsonObject, MetadataDocument } from "@usermeta/core";
import { documentOf, readOne, type StoreCase, type StoreContext, swap } from "./store-case.ts";

/** Compared as text too, which tells the order of keys. */
const assertSame = (actual: MetadataDocument | undefined, expected: MetadataDocument): void => {
  assert.deepEqual(actual, expected);
  for (const tier of ["public", "private", "unsafe"] as const)
    assert.equal(JSON.stringify(actual?.[tier]), JSON.stringify(expected[tier]));
};

const keeps = async ({ store }: StoreContext, parts: Partial<MetadataDocument>): Promise<void> => {
  const inserted = documentOf(1, parts);
  await swap(store, "ada", 0, inserted);
  assertSame(await readOne(store, "ada"), inserted);
  const updated = documentOf(2, parts);
  await swap(store, "ada", 1, updated);
  assertSame(await readOne(store, "ada"), updated);
};

/** A case that says that a value comes back as it was, from each tier, after an insert and after an update. */
const value = (name: string, tier: JsonObject): StoreCase => ({
  name: `keeps ${name}`,
  run: (context) => keeps(context, { public: tier, private: tier, unsafe: tier }),
});

const nested = (depth: number): JsonObject =>
  depth === 1 ? { leaf: [depth] } : { [`level ${depth}`]: nested(depth - 1) };

const text = (bytes: number): JsonObject => ({ text: "abcdefgh".repeat(bytes / 8), after: true });

const metadataNumber = (name: string, number: number): StoreCase => ({
  name: `keeps ${name} as version, createdAt and updatedAt`,
  run: async ({ store }) => {
    const written = documentOf(number, { createdAt: number - 2, updatedAt: number - 1 });
    assert.equal(await swap(store, "ada", 0, written), true);
    assert.deepEqual(await readOne(store, "ada"), written);
    assert.equal(await swap(store, "ada", number - 1, documentOf(number + 1)), false);
    assert.equal(await swap(store, "ada", number, documentOf(number + 1)), true);
    assert.equal((await readOne(store, "ada"))?.version, number + 1);
  },
});

/** That JSON comes back as it was. The engine has refused beforehand what is in no profile: `U+0000`, `__proto__`, NaN. */
export const VALUES: readonly StoreCase[] = [
  {
    name: "keeps the tiers apart, empty ones too",
    run: (context) => keeps(context, { public: {}, private: { only: "here" }, unsafe: {} }),
  },
  value("text of every script", {
    latin: "Grüße, žluťoučký kůň",
    rtl: "שלום \u200fمرحبا\u200e",
    cjk: "漢字かな한글",
    emoji: "👩‍👩‍👧‍👦🏳️‍🌈",
    astral: "𝒳𐍈\u{10ffff}",
    combining: "e\u0301 é",
    noncharacters: "\ufffe\uffff\ufeff",
  }),
  value("control characters, quotes, backslashes and line ends", {
    text: `\u0001\u001f\u007f "double" 'single' \`back\` \\ \\u0041 \r\n\t \u2028\u2029 %s $1 ? :a @b`,
    "'; DROP TABLE usermeta_documents; --": "{}",
  }),
  value("keys that objects inherit", {
    constructor: 1,
    toString: { valueOf: "x" },
    hasOwnProperty: null,
    prototype: [],
  }),
  value("an empty key and keys of white space", { "": "empty", " ": "one", "  ": "two", "\t": "tab" }),
  value("keys that look like paths", { "a.b": 1, "a/b": 2, "a~0b": 3, $where: 4, "a[0]": 5, "%2e": 6 }),
  value("keys that differ only in case or in normal form", {
    Key: 1,
    key: 2,
    KEY: 3,
    "\u00e9": 4,
    "e\u0301": 5,
  }),
  value("the order of keys", { zebra: 1, apple: 2, mango: { y: 1, x: 2, z: 3 }, aa: 3, b: 4, Ä: 5 }),
  value("numbers at the edges", {
    zero: 0,
    tiny: 5e-324,
    huge: 1.7976931348623157e308,
    round: 1e308,
    big: 1e21,
    integer: 2 ** 53,
    negative: -(2 ** 53),
    fraction: 0.1,
    sum: 0.1 + 0.2,
    third: -1 / 3,
  }),
  {
    name: "keeps -0, or makes it 0",
    run: async ({ store }) => {
      await swap(store, "ada", 0, documentOf(1, { public: { zero: -0 } }));
      assert.equal(Math.abs(Number((await readOne(store, "ada"))?.public.zero)), 0);
    },
  },
  value("booleans and null, each as it is", {
    yes: true,
    no: false,
    nothing: null,
    text: "null",
    one: 1,
    none: "",
  }),
  value("arrays in arrays, empty and mixed", {
    list: [[], [[]], [{}, null, [1, "1", true]]],
    empty: [],
    object: {},
  }),
  value("text that looks like something else", {
    date: "2024-02-30T25:61:00Z",
    big: "12345678901234567890",
    json: '{"a":1}',
  }),
  value("32 levels", nested(32)),
  value("8 KB in a tier", text(8 * 1024)),
  value("100 KB in a tier", text(100 * 1024)),
  value(
    "1,000 keys in their order",
    Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key ${(i * 7919) % 1000}`, i])),
  ),
  {
    name: "keeps the claims and their order",
    run: async (context) => {
      const claims = ["z", "a", "", "ä'\"\\", "constructor"];
      await keeps(context, { public: Object.fromEntries(claims.map((claim) => [claim, 1])), claims });
    },
  },
  metadataNumber("a small number", 3),
  metadataNumber("the time in ms", 1_763_690_123_457),
  metadataNumber("a number above 2^32", 2 ** 32 + 3),
  metadataNumber("a number near 2^52", 2 ** 52 - 1),
];
