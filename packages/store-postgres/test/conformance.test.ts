import { testStore } from "@usermeta/conformance/store";
import { TIERS } from "@usermeta/core";
import pg from "pg";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type Database, freshDatabase } from "../../../test/postgres/database.ts";
import { type PostgresStore, postgresStore } from "../src/index.ts";

let database: Database;
let pool: pg.Pool;
beforeAll(async () => {
  database = await freshDatabase();
  pool = new pg.Pool({ connectionString: database.url });
  // The database is dropped while the last connections are being closed.
  pool.on("error", () => undefined);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const kinds: readonly [string, (schema: string) => PostgresStore][] = [
  ["a pool of its own", (schema) => postgresStore({ connectionString: database.url, schema, search: TIERS })],
  ["the app's pool", (schema) => postgresStore({ pool, schema, prepare: true, search: TIERS })],
];

let schemas = 0;
describe.each(kinds)("%s", (_, open) => {
  const create = () => {
    const schema = `test-${schemas++}`;
    const reopen = () => open(schema);
    const remove = () => pool.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
    return { store: reopen(), reopen, remove };
  };
  testStore({ test, create, capabilities: ["persistent", "closable", "searchable"] });
});
