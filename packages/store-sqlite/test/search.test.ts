import { DatabaseSync } from "node:sqlite";
import type { FindQuery } from "@usermeta/core";
import { expect, test } from "vitest";
import { sqliteStore } from "../src/index.ts";
import { expectFailure, freshPath, insert } from "./harness.ts";

const query = (where: FindQuery["where"]): FindQuery => ({ tier: "public", where, after: "", limit: 10 });

test("a search that none of the keys serves is refused, and says what to name", async () => {
  const path = freshPath();
  const store = sqliteStore({ path, search: ["public.note", "public.address"] });
  await store.write([insert("ada")]);
  expect(await store.find(query({}))).toHaveLength(1);
  expect(await store.find(query({ note: "hello", other: 1 }))).toEqual([]);
  for (const where of [{ other: 1 }, { address: { city: "Bern" } }]) {
    const error = await expectFailure(() => store.find(query(where)), {
      code: "search_unsupported",
      named: `search: ["public.${Object.keys(where)[0]}"]`,
    });
    // Clients are shown it.
    expect(error.message).not.toContain(path);
  }
  await store.close();
});

test("the indexes are made for a file that is there, and used", async () => {
  const path = freshPath();
  const before = sqliteStore({ path });
  await before.write([insert("ada"), insert("bob", "other")]);
  await before.close();
  const store = sqliteStore({ path, search: ["public.note"] });
  expect(await store.find(query({ note: "hello" }))).toMatchObject([{ userId: "ada" }]);
  await store.close();
  const database = new DatabaseSync(path);
  const plan = database
    .prepare(`EXPLAIN QUERY PLAN SELECT * FROM usermeta_documents
      WHERE json_extract(public_metadata, '$."note"') = ? AND user_id > ? ORDER BY user_id LIMIT 1`)
    .all("hello", "");
  database.close();
  expect(plan.map(({ detail }) => detail)).toEqual([
    "SEARCH usermeta_documents USING INDEX usermeta_search public.note (<expr>=? AND user_id>?)",
  ]);
});

test.each(["plan", "other.plan", "public", "public.", 'public.a"b', "public.a\\b", "public..a"])(
  "search: [%j] is options_invalid",
  async (key) => {
    await expectFailure(() => sqliteStore({ path: ":memory:", search: [key] }), {
      code: "options_invalid",
      named: "search",
    });
  },
);
