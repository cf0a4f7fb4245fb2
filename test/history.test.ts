import { memoryStore, type Store } from "@usermeta/core";
import { postgresStore } from "@usermeta/store-postgres";
import { sqliteStore } from "@usermeta/store-sqlite";
import { expect, test } from "vitest";
import { freshPath } from "./faults/harness.ts";
import { checkVersions, Writing } from "./history.ts";
import { freshDatabase } from "./postgres/database.ts";

/** 100,000 take some minutes on each store. */
const WRITES = Number(process.env.HISTORY_WRITES ?? 1000);
const SEED = Number(process.env.HISTORY_SEED ?? Math.floor(Math.random() * 2 ** 31));

interface Opened {
  open(): Store;
  drop(): unknown;
}

const STORES: readonly (readonly [name: string, fresh: () => Promise<Opened>])[] = [
  [
    "memory",
    async () => {
      const store = memoryStore();
      return { open: () => store, drop: () => undefined };
    },
  ],
  [
    "SQLite",
    async () => {
      const path = freshPath();
      return { open: () => sqliteStore({ path }), drop: () => undefined };
    },
  ],
  [
    "PostgreSQL",
    async () => {
      const { url, drop } = await freshDatabase();
      return { open: () => postgresStore({ connectionString: url }), drop };
    },
  ],
];

test.each(STORES)(
  `${WRITES} random writes on %s: the history gives every version, forward from nothing and backward from the end`,
  async (_, fresh) => {
    console.log(`HISTORY_SEED=${SEED}`);
    const { open, drop } = await fresh();
    const users = Math.ceil(WRITES / 100);
    const writing = new Writing(open(), SEED, users);
    await writing.run(WRITES);
    const store = open();
    expect(await checkVersions(store, writing)).toBeGreaterThan(writing.written / 4);
    await store.close?.();
    await drop();
  },
  3_600_000,
);
