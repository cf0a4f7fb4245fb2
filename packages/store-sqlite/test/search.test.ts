import { DatabaseSync } from "node:sqlite";
import type { FindQuery } from "@usermeta/core";
import { describe, expect, test } from "vitest";
import { type SqliteStore, sqliteStore } from "../src/index.ts";
import { expectFailure, freshPath, insert, threads } from "./harness.ts";

const query = (where: FindQuery["where"]): FindQuery => ({ tier: "public", where, after: "", limit: 10 });

test.each(threads)(
  "a search that none of the keys serves is refused, $name: it says what to name",
  async ({ thread }) => {
    const path = freshPath();
    const store = sqliteStore({ path, search: ["public.note", "public.address"], thread });
    await store.write([insert("ada")]);
    expect(await store.find(query({}))).toHaveLength(1);
    expect(await store.find(query({ note: "hello", other: 1 }))).toEqual([]);
    const named: readonly [FindQuery["where"], string][] = [
      [{ other: 1 }, "public.other"],
      [{ address: { city: "Bern" } }, "public.address.city"],
      [
        { address: {}, "a.b": 1, 'a"b': 1, deep: { "c.d": 1, deeper: { plan: null } } },
        "public.deep.deeper.plan",
      ],
    ];
    for (const [where, key] of named) {
      const error = await expectFailure(() => store.find(query(where)), {
        code: "search_unsupported",
        named: `sqliteStore({ search: ["${key}"] })`,
      });
      // Clients are shown it.
      expect(error.message).not.toContain(path);
      const searched = sqliteStore({ path, search: [key], thread });
      expect(await searched.find(query(where))).toEqual([]);
      await searched.close();
    }
    await store.close();
  },
);

test.each([{ address: {} }, { "a.b": 1 }, { "": 1 }, { __proto__: null, "a\\b": { c: 1 } }])(
  "a search by %j, which no key can serve, is refused without a proposal",
  async (where) => {
    const store = sqliteStore({ path: ":memory:", search: ["public.note"] });
    const error = await expectFailure(() => store.find(query(where)), {
      code: "search_unsupported",
      named: "Ask for a string, number, boolean or null",
    });
    expect(error.message).not.toContain("search: [");
    await store.close();
  },
);

describe.each(threads)("a search by one searched key and one other, $name", ({ thread }) => {
  /** Users of whom all have the searched key. */
  const filled = async (users: number): Promise<SqliteStore> => {
    const path = freshPath();
    const store = sqliteStore({ path, search: ["public.note"], thread });
    const database = new DatabaseSync(path);
    database.exec(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${users - 1})
      INSERT INTO usermeta_documents (user_id, public_metadata, private_metadata, unsafe_metadata, claims, version,
        created_at, updated_at, claims_version)
      SELECT printf('user %06d', i), json_object('note', 'hello', 'odd', i % 2, 'last', i = ${users - 1}),
        '{}', '{}', '[]', 1, 1, 1, 1 FROM n`);
    database.close();
    return store;
  };

  test("finds one among thousands, and lets others have their turn meanwhile", async () => {
    const store = await filled(20_000);
    let isFound = false;
    const search = store.find({ ...query({ note: "hello", last: 1 }), limit: 1 }).then((found) => {
      isFound = true;
      return found;
    });
    // The search has pages to come when the write has its turn.
    expect(await store.write([insert("ada")])).toEqual([true]);
    expect(isFound).toBe(false);
    expect(await search).toMatchObject([{ userId: "user 019999", document: { public: { last: 1 } } }]);
    await store.close();
  });

  test("is refused once it has looked at 50,000 users, and says which key to name", async () => {
    const store = await filled(60_000);
    const error = await expectFailure(() => store.find(query({ note: "hello", last: 1 })), {
      code: "search_unsupported",
      named: 'search: ["public.last"]',
    });
    expect(error.message).toMatch(/looked at 5\d{4} users/);
    const rest = { ...query({ note: "hello", last: 1 }), after: "user 040000" };
    expect(await store.find(rest)).toMatchObject([{ userId: "user 059999" }]);
    expect(await store.find(query({ note: "hello", odd: 1 }))).toHaveLength(10);
    await store.close();
  });
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
      WHERE json_valid(public_metadata) AND json_extract(public_metadata, '$."note"') = ? AND user_id > ? ORDER BY user_id LIMIT 1`)
    .all("hello", "");
  database.close();
  expect(plan.map(({ detail }) => detail)).toEqual([
    "SEARCH usermeta_documents USING INDEX usermeta_search public.note (<expr>=? AND user_id>?)",
  ]);
});

test("the indexes of before, which have every row, are used too", async () => {
  const path = freshPath();
  const before = sqliteStore({ path });
  await before.write([insert("ada"), insert("bob", "other")]);
  await before.close();
  const database = new DatabaseSync(path);
  const key = `json_extract(public_metadata, '$."note"')`;
  database.exec(`CREATE INDEX "usermeta_search public.note" ON usermeta_documents (${key}, user_id)`);
  const plan = database
    .prepare(`EXPLAIN QUERY PLAN SELECT * FROM usermeta_documents
      WHERE json_valid(public_metadata) AND ${key} = 'hello' AND user_id > '' ORDER BY user_id LIMIT 1`)
    .all();
  database.close();
  expect(plan[0]?.detail).toContain("USING INDEX usermeta_search public.note (<expr>=? AND user_id>?)");
  const store = sqliteStore({ path, search: ["public.note"] });
  expect(await store.find(query({ note: "hello" }))).toMatchObject([{ userId: "ada" }]);
  await store.close();
});

test("an index is made beside a row that cannot be read", async () => {
  const path = freshPath();
  const database = new DatabaseSync(path);
  const before = sqliteStore({ database });
  await before.write([insert("ada"), insert("bob")]);
  database.exec("UPDATE usermeta_documents SET public_metadata = '{' WHERE user_id = 'bob'");
  database.close();
  const store = sqliteStore({ path, search: ["public.note"] });
  expect(await store.find(query({ note: "hello" }))).toMatchObject([{ userId: "ada" }]);
  await store.close();
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
