import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testStore } from "@usermeta/conformance/store";
import Database from "better-sqlite3";
import { describe, test } from "vitest";
import { type SqliteStoreOptions, sqliteStore } from "../src/index.ts";

const suite = (optionsOf: (path: string) => SqliteStoreOptions) => () => {
  const create = () => {
    const folder = mkdtempSync(join(tmpdir(), "usermeta-"));
    const reopen = () => sqliteStore(optionsOf(join(folder, "test.db")));
    return { store: reopen(), reopen, remove: () => rmSync(folder, { recursive: true }) };
  };
  testStore({ test, create, capabilities: ["persistent", "closable"] });
};

describe("a file of its own", suite((path) => ({ path })));
describe("a connection of node:sqlite", suite((path) => ({ database: new DatabaseSync(path) })));
describe("a connection of better-sqlite3", suite((path) => ({ database: new Database(path) })));
