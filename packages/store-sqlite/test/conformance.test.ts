import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SEARCHED_KEYS, type StoreCapability, testStore } from "@usermeta/conformance/store";
import { describe, test } from "vitest";
import { sqliteStore } from "../src/index.ts";
import { drivers, threads } from "./harness.ts";

const search = SEARCHED_KEYS;
const capabilities: StoreCapability[] = ["persistent", "closable", "searchable", "subscribable"];

/** A path in a folder, and how to remove that. */
const freshFile = () => {
  const folder = mkdtempSync(join(tmpdir(), "usermeta-"));
  return { path: join(folder, "test.db"), remove: () => rmSync(folder, { recursive: true }) };
};

describe.each(threads)("a file of its own, $name", ({ thread }) => {
  const create = () => {
    const { path, remove } = freshFile();
    const reopen = () => sqliteStore({ path, search, thread });
    return { store: reopen(), reopen, remove };
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
    return { store: sqliteStore({ database, search }), reopen, interrupt, remove };
  };
  testStore({ test, create, capabilities: [...capabilities, "interruptible"] });
});

describe.each(drivers)("two stores on one connection of $driver", ({ connect }) => {
  const create = () => {
    const { path, remove } = freshFile();
    const database = connect(path);
    const reopen = () => sqliteStore({ database, search });
    return { store: reopen(), reopen, remove };
  };
  testStore({ test, create, capabilities });
});
