import { expect, test, vi } from "vitest";
import { execute } from "../../../test/postgres/database.ts";
import type { PostgresStore } from "../src/index.ts";
import { preparedReadStatement } from "../src/reads.ts";
import { begin, freshUrl, insert, open, poolOn, update, withName } from "./harness.ts";
import { proxyTo } from "./proxy.ts";
import { type Relay, relayTo } from "./relay.ts";

const NAME = "reads at once";

/** How many connections two reads at once have opened. */
const connectionsOf = async (url: string, store: PostgresStore): Promise<unknown> => {
  await store.migrate();
  for (let round = 0; round < 3; round++) await Promise.all([store.read(["ada"]), store.read(["bob"])]);
  const text = `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND application_name = '${NAME}'`;
  return (await execute(url, text))[0]?.rows[0].count;
};

const relayed = async (url: string, pools = false): Promise<Relay> => relayTo(withName(url, NAME), pools);

/** The name that a statement is prepared under. */
const PREPARED = /usermeta_\w{8}_read\0/;

test("a connection to the server itself is sent prepared statements, the next before the last is answered", async () => {
  const url = await freshUrl();
  const direct = await relayed(url);
  expect(await connectionsOf(url, open({ connectionString: direct.url }))).toBe(1);
  expect(direct.sent()).toMatch(PREPARED);
});

/** How often the table and its index were scanned. The server has counted what a connection did when that has ended. */
const scansOf = async (url: string): Promise<{ readonly table: number; readonly lookup: number }> => {
  await vi.waitFor(async () => {
    const named = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = '${NAME}'`;
    expect((await execute(url, named))[0]?.rowCount).toBe(0);
  });
  const scans = `SELECT seq_scan::int AS table, lookup.idx_scan::int AS lookup
    FROM pg_stat_user_tables JOIN pg_stat_user_indexes AS lookup USING (relid)
    WHERE indexrelname = 'usermeta_documents_lookup'`;
  return (await execute(url, scans))[0]?.rows[0];
};

/** What ten reads of users, through a store of their own, have scanned. */
const scansOfReads = async (
  url: string,
  ...userIds: string[]
): Promise<Awaited<ReturnType<typeof scansOf>>> => {
  const before = await scansOf(url);
  const store = open({ connectionString: withName(url, NAME) });
  const documents = userIds.map((userId) => insert(userId).next);
  for (let read = 0; read < 10; read++) expect(await store.read(userIds)).toEqual(documents);
  await store.close();
  const after = await scansOf(url);
  return { table: after.table - before.table, lookup: after.lookup - before.lookup };
};

test("what is prepared on a small table does not go through it, and thus not when it has grown", async () => {
  const url = await freshUrl();
  const first = open({ connectionString: withName(url, NAME) });
  await first.write(["ada", "bob", "eve"].map((userId) => insert(userId)));
  await first.close();
  await execute(url, "ANALYZE usermeta_documents");
  expect(await scansOfReads(url, "ada")).toMatchObject({ table: 0 });
});

test("the users of a large table are looked up in the hash index, by a read that is planned once", async () => {
  const url = await freshUrl();
  await open({ connectionString: url }).migrate();
  const table = "usermeta_documents";
  const results = await execute(
    url,
    `INSERT INTO ${table} SELECT 'user-' || n, '{"note":"hello"}', '{}', '{}', '[]', 1, 1, 1
      FROM generate_series(1, 10000) AS n`,
    `ANALYZE ${table}`,
    `PREPARE reading AS ${preparedReadStatement(table)}`,
    ...Array(10).fill("EXECUTE reading ('{user-7}')"),
    "SELECT custom_plans::int, generic_plans::int FROM pg_prepared_statements",
  );
  // PostgreSQL tries five others before.
  expect(results.at(-1)?.rows).toEqual([{ custom_plans: 5, generic_plans: 5 }]);
  expect(await scansOfReads(url, "user-7", "user-17", "user-77", "user-177")).toEqual({
    table: 0,
    lookup: 40,
  });
});

test("through a pooler each statement has a connection to itself, and is prepared if that is asked for", async () => {
  const url = await freshUrl();
  const pooled = await relayed(url, true);
  expect(await connectionsOf(url, open({ connectionString: pooled.url }))).toBe(2);
  expect(pooled.sent()).not.toMatch(PREPARED);
  expect(pooled.sent()).toContain("usermeta_documents");
  await open({ connectionString: pooled.url, prepare: true }).read(["ada"]);
  expect(pooled.sent()).toMatch(PREPARED);
});

test("over the app's pool each statement has a connection to itself, and is prepared if that is asked for", async () => {
  const url = await freshUrl();
  const direct = await relayed(url);
  const pool = poolOn({ connectionString: direct.url });
  expect(await connectionsOf(url, open({ pool }))).toBe(2);
  expect(direct.sent()).not.toMatch(PREPARED);
  await open({ pool, prepare: true }).read(["ada"]);
  expect(direct.sent()).toMatch(PREPARED);
});

test("prepare: false is heeded on a connection to the server itself", async () => {
  const direct = await relayed(await freshUrl());
  await open({ connectionString: direct.url, prepare: false }).read(["ada"]);
  expect(direct.sent()).not.toMatch(PREPARED);
});

test("many statements at once are spread over the connections, and all are answered", async () => {
  const url = await freshUrl();
  const store = open({ connectionString: url });
  const ids = Array.from({ length: 50 }, (_, index) => `user ${index}`);
  expect(await Promise.all(ids.map((userId) => store.write([insert(userId, userId)])))).toEqual(
    ids.map(() => [true]),
  );
  const read = await Promise.all(ids.map((userId) => store.read([userId])));
  expect(read).toEqual(ids.map((userId) => [insert(userId, userId).next]));
});

test("what is behind a write whose commit waits does not wait with it, and is not done later", async () => {
  const connectionString = await freshUrl();
  const store = open({ connectionString });
  await store.write([insert("ada"), insert("bob"), insert("eve")]);
  await execute(
    connectionString,
    `CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END'`,
    `CREATE CONSTRAINT TRIGGER waits AFTER UPDATE ON usermeta_documents DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW WHEN (NEW.user_id IN ('ada', 'eve')) EXECUTE FUNCTION wait()`,
  );
  const other = await begin(connectionString);
  await other.query("SELECT pg_advisory_xact_lock(1)");

  const first = store.write([update("ada")]);
  expect(await store.read(["bob"])).toEqual([insert("bob").next]);

  const second = store.write([update("eve")]);
  expect(await store.write([update("bob")])).toEqual([false]);
  await other.query("COMMIT");
  expect(await Promise.all([first, second])).toEqual([[true], [true]]);
  expect(await store.read(["ada", "bob", "eve"])).toMatchObject([
    { version: 2 },
    { version: 1 },
    { version: 2 },
  ]);
  expect(await store.write([update("bob")])).toEqual([true]);
});

test("what is behind a statement that fails is done", async () => {
  const connectionString = await freshUrl();
  const store = open({ connectionString });
  await store.write([insert("ada")]);
  await execute(connectionString, "ALTER TABLE usermeta_documents ADD CHECK (user_id <> 'bob')");
  const failing = store.write([insert("bob")]);
  const written = store.write([update("ada")]);
  await expect(failing).rejects.toMatchObject({ code: "internal_error" });
  expect(await written).toEqual([true]);
});

test("what is behind a statement that cannot be prepared fails as it would alone, or is done", async () => {
  const connectionString = await freshUrl();
  await open({ connectionString }).write([insert("ada")]);
  await execute(connectionString, "ALTER TABLE usermeta_documents RENAME TO away");
  const store = open({ connectionString });
  const read = () => store.read(["ada"]);
  const results = await Promise.allSettled([read(), read(), read()]);
  expect(results.map((result) => result.status === "rejected" && result.reason.code)).toEqual(
    results.map(() => "internal_error"),
  );
  await execute(connectionString, "ALTER TABLE away RENAME TO usermeta_documents");
  expect(await Promise.all([read(), read(), read()])).toEqual(Array(3).fill([insert("ada").next]));
});

test("what is behind a write whose connection is lost is read over another", async () => {
  const network = await proxyTo(await freshUrl());
  const store = open({ connectionString: network.url });
  await store.write([insert("ada")]);
  for (const accident of ["answer lost", "request lost"] as const) {
    const lost = network.next(accident);
    const written = store.write([insert(accident)]);
    expect(await store.read(["ada"])).toEqual([insert("ada").next]);
    await lost;
    expect(await written).toEqual([accident === "answer lost"]);
  }
});
