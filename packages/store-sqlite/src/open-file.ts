import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { UserMetadataError } from "@usermeta/core";
import type { SqliteConnection } from "./connection.ts";
import { storeFault, toStoreError } from "./sqlite-errors.ts";

const PAUSE_MS = 5;
/**
 * A log that a long reader has made larger is cut to this many bytes by the next writes, once the reader is gone. Twice
 * of what it usually is. https://sqlite.org/pragma.html#pragma_journal_size_limit
 */
const MAX_WAL_BYTES = 8 * 1024 * 1024;

/** SQLite says only "unable to open database file"; this finds out the two common reasons. */
const cannotOpen = (path: string, cause: unknown): UserMetadataError => {
  // node:sqlite takes "file:…" for a URI.
  if (path.startsWith("file:")) return toStoreError(cause, path);
  const file = resolve(path);
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory())
    return storeFault(["store_unavailable", "it is a folder", "Give the path of a file in it."], path, cause);
  const folder = dirname(file);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    return storeFault(
      ["store_unavailable", `there is no folder "${folder}"`, "Make it, or correct the path."],
      path,
      cause,
    );
  return toStoreError(cause, path);
};

/** SQLite does not wait for the lock that the change to WAL needs, whatever the busy timeout. */
const enterWal = (database: SqliteConnection, path: string, busyTimeoutMs: number): void => {
  const deadline = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      database.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      const fault = toStoreError(error, path);
      if (fault.code !== "store_busy" || performance.now() > deadline) throw fault;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
};

const isOld = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < 22 || (major === 22 && minor < 13);
};

/** Not an import: a runtime without `node:sqlite` can still use the store with a connection of the app. */
const loadSqlite = (path: string): typeof import("node:sqlite") => {
  const { node } = process.versions;
  // Node before 22.3 has no such function.
  const sqlite = process.getBuiltinModule?.("node:sqlite");
  if (sqlite && !isOld(node)) return sqlite;
  const todo =
    "Run Node 22.13 or later with its SQLite, or give the store an open connection of better-sqlite3: sqliteStore({ database }).";
  throw storeFault(
    ["store_unavailable", `this process, Node ${node}, has no node:sqlite that it can use`, todo],
    path,
  );
};

const connect = (path: string): DatabaseSync => {
  const { DatabaseSync } = loadSqlite(path);
  try {
    return new DatabaseSync(path);
  } catch (error) {
    throw cannotOpen(path, error);
  }
};

/** Opens a file so that each commit is durable, and that nothing stays in it of what was removed. Until it is told otherwise, it waits `busyTimeoutMs` for a lock. */
export const openFile = (path: string, busyTimeoutMs: number): DatabaseSync => {
  const database = connect(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    enterWal(database, path, busyTimeoutMs);
    database.exec(`PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${MAX_WAL_BYTES}`);
    database.exec("PRAGMA secure_delete = ON");
    return database;
  } catch (error) {
    database.close();
    throw toStoreError(error, path);
  }
};
