import { fork } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test, vi } from "vitest";
import { sqliteStore } from "../src/index.ts";
import { freshPath, insert } from "./harness.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** The connection that a store opens, in a build of SQLite whose defaults are the unsafe ones. */
const openedBy = (
  open: () => unknown,
): { readonly database: DatabaseSync; readonly timeouts: readonly unknown[] } => {
  const opened = new Set<DatabaseSync>();
  const timeouts: unknown[] = [];
  const { exec } = DatabaseSync.prototype;
  const spy = vi.spyOn(DatabaseSync.prototype, "exec").mockImplementation(function (this: DatabaseSync, sql) {
    if (!opened.has(this)) exec.call(this, "PRAGMA synchronous = OFF");
    opened.add(this);
    exec.call(this, sql);
    timeouts.push(pragma(this, "busy_timeout"));
  });
  open();
  spy.mockRestore();
  const [database, ...others] = opened;
  if (!database || others.length > 0) throw new Error(`${opened.size} connections were opened, not one`);
  return { database, timeouts };
};

const pragma = (database: DatabaseSync, name: string): unknown =>
  Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];

test("each commit to a file of its own is synced, and readers do not wait for writers", async () => {
  let store = sqliteStore({ path: ":memory:" });
  const { database, timeouts } = openedBy(() => {
    store = sqliteStore({ path: freshPath() });
  });
  // 2 is FULL: https://sqlite.org/pragma.html#pragma_synchronous
  expect(pragma(database, "synchronous")).toBe(2);
  expect(pragma(database, "journal_mode")).toBe("wal");
  // SQLite waits while the file is opened, and the store by itself from then on.
  expect(timeouts).toContain(5000);
  expect(timeouts.at(-1)).toBe(0);
  await store.close();
});

test("a lock is waited for 5 seconds, unless it is told otherwise", async () => {
  const path = freshPath();
  const store = sqliteStore({ path });
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
  let outcome: unknown;
  const written = store.write([insert("ada")]).catch((error: unknown) => {
    outcome = error;
  });
  now = 4900;
  // It asks for the time at each try.
  await Promise.race([written, expect.poll(() => clock.mock.calls.length).toBeGreaterThan(5)]);
  expect(outcome).toBeUndefined();
  now = 5001;
  await expect.poll(() => outcome).toMatchObject({ code: "store_busy" });
  other.close();
  await store.close();
});

test("a file of its own waits for a lock as long as it was told, without holding the event loop", async () => {
  const path = freshPath();
  const store = sqliteStore({ path, busyTimeoutMs: 100 });
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  await expect(store.write([insert("ada")])).rejects.toMatchObject({ code: "store_busy" });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
  other.exec("COMMIT");
  expect(await store.write([insert("ada")])).toEqual([true]);
  other.close();
  await store.close();
});

/** Runs a module in a process of its own; resolves to what it sends. */
const run = async (code: string): Promise<unknown> => {
  const file = `${import.meta.dirname}/.${process.pid}-loaded.ts`;
  writeFileSync(file, code);
  try {
    const child = fork(file, { execArgv: ["--disable-warning=ExperimentalWarning"], stdio: "inherit" });
    const [message] = await once(child, "message");
    await once(child, "exit");
    return message;
  } finally {
    rmSync(file, { force: true });
  }
};

test("with a connection of the app, node:sqlite is not loaded", async () => {
  const loaded = await run(`
import Database from "better-sqlite3";
import { sqliteStore } from "../src/index.ts";

const isLoaded = () => (process as unknown as { moduleLoadList: string[] }).moduleLoadList.includes("NativeModule sqlite");
const database = new Database(":memory:");
const store = sqliteStore({ database });
await store.read(["ada"]);
const withConnection = isLoaded();
await sqliteStore({ path: ":memory:" }).close();
process.send?.([withConnection, isLoaded()]);
process.disconnect?.();
`);
  expect(loaded).toEqual([false, true]);
});
