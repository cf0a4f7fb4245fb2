import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test, vi } from "vitest";
import { sqliteStore } from "../src/index.ts";
import { freshPath, insert, openedBy, pragma, runModule, threads } from "./harness.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

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

test.each(threads)(
  "a lock is waited for as long as was told, and the event loop goes on, $name",
  async ({ thread }) => {
    const path = freshPath();
    const store = sqliteStore({ path, busyTimeoutMs: 100, thread });
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
  },
);

test("with a connection of the app, node:sqlite is not loaded", async () => {
  const loaded = await runModule(`
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
