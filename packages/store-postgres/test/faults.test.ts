import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { execute } from "../../../test/postgres/database.ts";
import type { PostgresPool } from "../src/index.ts";
import {
  counterOn,
  documentsIn,
  expectFailure,
  freshUrl,
  insert,
  open,
  poolOn,
  update,
  withSetting,
} from "./harness.ts";

describe("a server that is read-only", () => {
  test("answers reads, and refuses writes", async () => {
    const connectionString = await freshUrl();
    await open({ connectionString }).write([insert("ada")]);
    const replica = open({
      connectionString: withSetting(connectionString, "default_transaction_read_only=on"),
    });
    expect(await replica.read(["ada"])).toMatchObject([{ version: 1 }]);
    await expectFailure(() => replica.write([update("ada")]), {
      code: "store_read_only",
      named: '"public"."usermeta_documents"',
    });
  });
});

test("serializable transactions: failures of serialization cost tries, and no update", async () => {
  const connectionString = withSetting(await freshUrl(), "default_transaction_isolation=serializable");
  const counters = Array.from({ length: 3 }, () => counterOn(open({ connectionString })));
  await counters[0]?.("ada");
  await Promise.all(
    counters.map(async (count) => {
      for (let round = 0; round < 20; round++) await count("ada");
    }),
  );
  expect(await counters[0]?.("ada")).toBe(62);
});

test("a pool without a free connection: a code in time, and the next read goes through", async () => {
  const pool = poolOn({ connectionString: await freshUrl(), max: 1 });
  const store = open({ pool });
  await store.migrate();
  // From now on only: to connect may take longer.
  pool.options.connectionTimeoutMillis = 50;
  const taken = await pool.connect();
  await expectFailure(() => store.read(["ada"]), { code: "store_busy", named: "no connection came free" });
  await expectFailure(() => store.write([insert("ada")]), { code: "store_busy" });
  taken.release();
  expect(await store.read(["ada"])).toEqual([undefined]);
});

test.each(["its own", "the app's"])(
  "idle connections that the server ends do no harm to %s pool",
  async (whose) => {
    const connectionString = await freshUrl();
    const pool = poolOn({ connectionString });
    const store = open(whose === "its own" ? { connectionString } : { pool });
    await store.write([insert("ada")]);
    // If nobody listened, Node would end the process.
    await execute(
      connectionString,
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    const again = async (): Promise<unknown> => (await store.read(["ada"]))[0];
    // The first may still be sent through a connection of which the client has not heard that it is gone.
    expect(await again().catch(again)).toMatchObject({ version: 1 });
  },
);

test("no session state: each statement through a connection that forgets all, as PgBouncer's", async () => {
  const connectionString = await freshUrl();
  const clients = [0, 1, 2].map(() => new pg.Client({ connectionString, pipeline: true }));
  await Promise.all(clients.map((client) => client.connect()));
  onTestFinished(async () => {
    for (const client of clients) await client.end();
  });
  let turn = 0;
  const store = open({
    pool: {
      query: (query) => {
        const client = clients[turn++ % clients.length] as pg.Client;
        void client.query("DISCARD ALL");
        return client.query(query);
      },
      on: () => undefined,
      off: () => undefined,
    },
    search: ["public"],
  });
  const count = counterOn(store);
  await Promise.all(Array.from({ length: 50 }, (_, index) => count(`user ${index % 7}`)));
  await Promise.all(Array.from({ length: 20 }, () => count("ada")));
  const found = await store.find({ tier: "public", where: { count: 20 }, after: "", limit: 10 });
  expect(found.map(({ userId }) => userId)).toEqual(["ada"]);
  expect(await store.count()).toBe(8);
});

test("a thousand users are written by one statement, and read by one; more by several", async () => {
  const pool = poolOn({ connectionString: await freshUrl() });
  let statements = 0;
  const query: PostgresPool["query"] = (statement) => {
    statements += 1;
    return pool.query(statement);
  };
  const store = open({ pool: { query, on: () => undefined, off: () => undefined } });
  // The first write makes the tables, and forgets what became of those of long ago.
  await store.write([insert("ada")]);
  const ids = Array.from({ length: 1001 }, (_, index) => `user ${index}`);
  statements = 0;
  await store.write(ids.slice(0, 1000).map((userId) => insert(userId)));
  expect(statements).toBe(1);
  expect(await store.read(ids.slice(0, 1000))).toHaveLength(1000);
  expect(statements).toBe(2);
  await store.write([...ids.slice(0, 1000).map((userId) => update(userId)), insert("user 1000")]);
  expect(statements).toBe(4);
  expect((await documentsIn(store, ids)).map((document) => document?.version)).toEqual([
    ...Array(1000).fill(2),
    1,
  ]);
  expect(statements).toBe(6);
});

test("documents that are together too large for a statement are written in several", async () => {
  const connectionString = await freshUrl();
  const store = open({ connectionString });
  const changes = ["a", "b", "c", "d"].map((userId) => insert(userId, userId.repeat(3_500_000)));
  expect(await store.write(changes)).toEqual([true, true, true, true]);
  const [result] = await execute(
    connectionString,
    "SELECT count(*)::int AS statements FROM usermeta_documents_writes",
  );
  expect(result?.rows).toEqual([{ statements: 2 }]);
  expect(await store.read(["a", "b", "c", "d"])).toEqual(changes.map(({ next }) => next));
});

test("a row that this package did not write: the error names its user, and others can be read", async () => {
  const connectionString = await freshUrl();
  const store = open({ connectionString });
  await store.write([insert("ada"), insert("bob")]);
  await execute(
    connectionString,
    "UPDATE usermeta_documents SET private_metadata = '7' WHERE user_id = 'bob'",
  );
  expect(await store.read(["ada", "bob"])).toMatchObject([
    { version: 1 },
    {
      code: "document_corrupt",
      details: { version: 1 },
      message: expect.stringContaining("digest 81b637d8fcd2"),
    },
  ]);
});

test("an app that has changed what its driver makes of types reads the same", async () => {
  const types = { getTypeParser: () => () => "changed" } as pg.CustomTypesConfig;
  const pool = poolOn({ connectionString: await freshUrl(), types });
  await open({ pool }).write([insert("ada")]);
  const store = open({ pool, search: ["public"] });
  expect(await store.write([insert("ada"), insert("bob")])).toEqual([false, true]);
  expect(await store.read(["ada"])).toEqual([insert("ada").next]);
  expect(await store.count()).toBe(2);
});
