import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SEARCHED_KEYS, type StoreCapability, testStore } from "@usermeta/conformance/store";
import { afterAll, describe, test } from "vitest";
import { sqliteStore } from "../src/index.ts";
import { builtStore } from "./built.ts";
import { drivers, threads } from "./harness.ts";

const search = SEARCHED_KEYS;
const capabilities: StoreCapability[] = [
  "persistent",
  "closable",
  "searchable",
  "subscribable",
  "corruptible",
  "atomic",
  "journaling",
];
/** Also of a tier that is searched. */
const damage = (userId: string) =>
  `UPDATE usermeta_documents SET public_metadata = '{"note":' WHERE user_id = '${userId}'`;

/** A path in a folder, and how to remove that. */
const freshFile = () => {
  const folder = mkdtempSync(join(tmpdir(), "usermeta-"));
  return { path: join(folder, "test.db"), remove: () => rmSync(folder, { recursive: true }) };
};

const built = await builtStore();
afterAll(built.remove);

describe.each(threads)("a file of its own, $name", ({ thread }) => {
  const open = thread ? built.sqliteStore : sqliteStore;
  const create = () => {
    const { path, remove } = freshFile();
    const reopen = () => open({ path, search, thread });
    const corrupt = (userId: string) => {
      const other = new DatabaseSync(path);
      other.exec(damage(userId));
      other.close();
    };
    return { store: reopen(), reopen, corrupt, remove };
  };
  testStore({ test, create, capabilities });
});

describe.each(drivers)("a connection of $driver", ({ connect }) => {
  const create = () => {
    const { path, remove } = freshFile();
    const database = connect(path);
    const reopen = () => sqliteStore({ database: connect(path), search });
    const interrupt = () => {
      database.exec("BEGIN");
      return () => database.exec("COMMIT");
    };
    const corrupt = (userId: string) => database.exec(damage(userId));
    return { store: sqliteStore({ database, search }), reopen, interrupt, corrupt, remove };
  };
  testStore({ test, create, capabilities: [...capabilities, "interruptible"] });
});

describe.each(drivers)("two stores on one connection of $driver", ({ connect }) => {
  const create = () => {
    const { path, remove } = freshFile();
    const database = connect(path);
    const reopen = () => sqliteStore({ database, search });
    const corrupt = (userId: string) => database.exec(damage(userId));
    return { store: reopen(), reopen, corrupt, remove };
  };
  testStore({ test, create, capabilities });
});
