import type { FindQuery } from "@usermeta/core";
import { expect, test } from "vitest";
import { execute } from "../../../test/postgres/database.ts";
import { expectFailure, freshUrl, insert, open } from "./harness.ts";

const query = (where: FindQuery["where"]): FindQuery => ({ tier: "public", where, after: "", limit: 10 });

test("a tier that is not in search is refused, and what to write is said; all users are listed", async () => {
  const store = open({ connectionString: await freshUrl(), search: ["private"] });
  await store.write([insert("ada")]);
  expect(await store.find(query({}))).toHaveLength(1);
  await expectFailure(() => store.find(query({ note: "hello" })), {
    code: "search_unsupported",
    named: 'search: ["public"]',
  });
});

test("the index is made for a table that is there, and used", async () => {
  const connectionString = await freshUrl();
  await open({ connectionString }).migrate();
  const filled = `INSERT INTO usermeta_documents SELECT 'user ' || n, json_build_object('note', 'note ' || n),
    '{}', '{}', '[]', 1, 1, 1 FROM generate_series(1, 5000) AS n`;
  await execute(connectionString, filled);
  const store = open({ connectionString, search: ["public"] });
  expect(await store.find(query({ note: "note 777" }))).toMatchObject([{ userId: "user 777" }]);
  const [, result] = await execute(
    connectionString,
    "ANALYZE usermeta_documents",
    `EXPLAIN SELECT * FROM usermeta_documents WHERE user_id > '' AND (public_metadata::jsonb) @> '{"note":"note 777"}'
      ORDER BY user_id LIMIT 10`,
  );
  expect(JSON.stringify(result?.rows)).toContain("Bitmap Index Scan on usermeta_documents_public");
});
