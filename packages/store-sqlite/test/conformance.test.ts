import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SEARCHED_KEYS, testStore } from "@usermeta/conformance/store";
import Database from "better-sqlite3";
import { describe, test } from "vitest";
import { type SqliteStoreOptions, sqliteStore } from "../src/index.ts";

const kinds: readonly [string, (path: string) => SqliteStoreOptions][] = [
  ["a file of its own", (path) => ({ path, search: SEARCHED_KEYS })],
  ["a connection of node:sqlite", (path) => ({ database: new DatabaseSync(path), search: SEARCHED_KEYS })],
  ["a connection of better-sqlite3", (path) => ({ database: new Database(path), search: SEARCHED_KEYS })],
];

describe.each(kinds)("%s", (_, optionsOf) => {
  const create = () => {
    const folder = mkdtempSync(join(tmpdir(), "usermeta-"));
    const reopen = () => sqliteStore(optionsOf(join(folder, "test.db")));
    return { store: reopen(), reopen, remove: () => rmSync(folder, { recursive: true }) };
  };
  testStore({ test, create, capabilities: ["persistent", "closable", "searchable"] });
});
