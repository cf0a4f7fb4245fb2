import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Change, Store } from "@usermeta/core";
import { postgresStore } from "@usermeta/store-postgres";
import { sqliteStore } from "@usermeta/store-sqlite";
import { expect, test } from "vitest";
import { execute, freshDatabase } from "./postgres/database.ts";
import { ROOT } from "./source.ts";

const text = readFileSync(join(ROOT, "docs/scaling.md"), "utf8");
const code = /^```ts\n(for [\s\S]*?)^```/m.exec(text)?.[1] ?? "";
const Code = Object.getPrototypeOf(async () => undefined).constructor as new (
  ...parts: string[]
) => (from: Store, to: Store) => Promise<void>;

test("the code of docs/scaling.md moves all users from SQLite to PostgreSQL as they are", async () => {
  const database = await freshDatabase();
  const from = sqliteStore({ path: ":memory:" });
  const to = postgresStore({ connectionString: database.url });
  const changes = Array.from(
    { length: 1200 },
    (_, index): Change => ({
      userId: `user ${index}`,
      expected: 0,
      next: {
        public: { z: index, a: "ä" },
        private: { id: `cus_${index}` },
        unsafe: {},
        claims: ["z"],
        version: 1000 + index,
        claimsVersion: 1,
        createdAt: 10 + index,
        updatedAt: 20 + index,
      },
    }),
  );
  await from.write(changes);
  await new Code("from", "to", code)(from, to);
  expect(await to.count()).toBe(1200);
  expect(await to.read(changes.map(({ userId }) => userId))).toEqual(changes.map(({ next }) => next));
  await from.close();
  await to.close();
  await database.drop();
});

const USERS = 200_000;
const TABLE = "usermeta_documents";

test("what a user takes is what docs/scaling.md says, and what it computes of that", async () => {
  const database = await freshDatabase();
  const store = postgresStore({ connectionString: database.url, search: ["public"] });
  await store.migrate();
  await store.close();
  await execute(
    database.url,
    `INSERT INTO ${TABLE} SELECT 'user_' || md5(n::text),
      json_build_object('plan', 'pro', 'seats', n % 100, 'team', 'team ' || n),
      json_build_object('stripeCustomer', 'cus_' || left(md5('s' || n), 14)),
      '{"theme":"dark","language":"de","fontSize":14,"sidebar":true,"timeZone":"Europe/Berlin"}', '["plan"]',
      1, 1, 1 FROM generate_series(1, ${USERS}) AS n`,
    `REINDEX INDEX ${TABLE}_public`,
  );
  const relations = [TABLE, `${TABLE}_pkey`, `${TABLE}_lookup`, `${TABLE}_public`];
  const [sizes] = await execute(
    database.url,
    `SELECT ${relations.map((relation) => `pg_relation_size('${relation}')::int AS ${relation}`)}`,
  );
  await database.drop();

  const prose = text.replace(/\s+/g, " ");
  const said = /takes (\d+) bytes of table, (\d+) of primary key, and (\d+) of the index .*? (\d+) more/.exec(
    prose,
  );
  const bytes = said?.slice(1).map(Number) ?? [];
  for (const [index, relation] of relations.entries())
    expect(Math.abs(sizes?.rows[0][relation] / USERS / (bytes[index] ?? 0) - 1), relation).toBeLessThan(0.05);

  const [table = 0, key = 0, lookup = 0, search = 0] = bytes;
  const rows = [
    ...text.matchAll(/^\| (\d+) million \| ([\d.]+) GB \| ([\d.]+) GB \| ([\d,]+)\/s, ([\d,]+)\/s/gm),
  ];
  expect(rows).toHaveLength(3);
  for (const [, millions, plain, searched, average, peak] of rows) {
    const users = Number(millions) * 1e6;
    const each = users / (24 * 60 * 60);
    const computed = [
      (users * (table + key + lookup)) / 1e9,
      (users * (table + key + lookup + search)) / 1e9,
    ];
    expect([plain, searched, average, peak]).toEqual([
      ...computed.map((gigabytes) => String(Number(gigabytes.toPrecision(gigabytes < 1 ? 1 : 2)))),
      ...[each, each * 5].map((rate) => Number(rate.toPrecision(2)).toLocaleString("en-US")),
    ]);
  }
});
