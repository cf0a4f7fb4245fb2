import assert from "node:assert/strict";
import type { JsonObject } from "@usermeta/core";
import { fill, find } from "./searched.ts";
import type { StoreCase } from "./store-case.ts";

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

/** Which tiers contain what is searched for. */
export const MATCHING: readonly StoreCase[] = [
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
];
