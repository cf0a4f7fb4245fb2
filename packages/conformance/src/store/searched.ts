import assert from "node:assert/strict";
import type { FindQuery, JsonObject, Store } from "@usermeta/core";
import { documentOf, swap } from "./store-case.ts";

/** The keys that the cases search by: a store that must be told which they are is told these. */
export const SEARCHED_KEYS: readonly string[] = [
  "public.plan",
  "public.address.city",
  "private.plan",
  "unsafe.plan",
];

/** Stores users, each with a public tier. */
export const fill = async (store: Store, users: Readonly<Record<string, JsonObject>>): Promise<void> => {
  for (const [userId, tier] of Object.entries(users))
    await swap(store, userId, 0, documentOf(1, { public: tier, claims: [] }));
};

/** The ids of the users that a search finds. */
export const find = async (store: Store, query: Partial<FindQuery>): Promise<string[]> => {
  assert.ok(store.find, "The store has no find().");
  const found = await store.find({ tier: "public", where: {}, after: "", limit: 100, ...query });
  return found.map(({ userId }) => userId);
};
