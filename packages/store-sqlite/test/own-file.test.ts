import { fork } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { sqliteStore } from "../src/index.ts";
import { openFile } from "../src/open-file.ts";
import { freshPath, insert } from "./harness.ts";

test("each commit to a file of its own is synced, and readers do not wait for writers", async () => {
  const database = openFile(freshPath(), 1234);
  const pragma = (name: string): unknown => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  // 2 is FULL: https://sqlite.org/pragma.html#pragma_synchronous
  expect(pragma("synchronous")).toBe(2);
  expect(pragma("journal_mode")).toBe("wal");
  expect(pragma("busy_timeout")).toBe(1234);
  database.close();
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
