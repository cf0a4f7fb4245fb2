import { type StoreCapability, testStore } from "@usermeta/conformance/store";
import { TIERS } from "@usermeta/core";
import pg from "pg";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type Database, freshDatabase } from "../../../test/postgres/database.ts";
import { type PostgresStore, postgresStore } from "../src/index.ts";
import { endConnection, withName } from "./harness.ts";

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

const search = TIERS;
const capabilities: StoreCapability[] = [
  "persistent",
  "closable",
  "searchable",
  "corruptible",
  "atomic",
  "journaling",
];

let schemas = 0;
const subject = (open: (schema: string) => PostgresStore) => {
  const schema = `test-${schemas++}`;
  const reopen = () => open(schema);
  const remove = () => pool.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
  const corrupt = (userId: string) =>
    pool.query(`UPDATE "${schema}".usermeta_documents SET public_metadata = '["pro"]' WHERE user_id = $1`, [
      userId,
    ]);
  return { schema, store: reopen(), reopen, corrupt, remove };
};

describe("a pool of its own", () => {
  const create = () => subject((schema) => postgresStore({ connectionString: database.url, schema, search }));
  testStore({ test, create, capabilities });
});

describe("the app's pool", () => {
  const create = () => subject((schema) => postgresStore({ pool, schema, prepare: true, search }));
  testStore({ test, create, capabilities });
});

describe("a store that listens", () => {
  const create = () => {
    const { schema, ...rest } = subject((schema) => {
      const listenConnectionString = withName(database.url, `listens ${schema}`);
      return postgresStore({ pool, schema, search, listenConnectionString });
    });
    const interrupt = async () => {
      await endConnection(database.url, `listens ${schema}`);
      // It connects again by itself.
      return () => undefined;
    };
    // The bound that the README states.
    return { ...rest, toldWithinMs: 1000, interrupt };
  };
  testStore({ test, create, capabilities: [...capabilities, "subscribable", "interruptible"] });
});
