/** What happens to the files of a database while it is open, by other hands than SQLite's. */
import { existsSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { type SqliteStore, sqliteStore } from "../src/index.ts";
import { drivers, expectFailure, freshPath, insert, threads } from "./harness.ts";

const LOSSES = [
  { what: "the file is removed", happen: (path: string) => rmSync(path) },
  {
    what: "the file is replaced",
    happen: async (path: string) => {
      const other = sqliteStore({ path: `${path}.other` });
      await other.write([insert("theirs")]);
      await other.close();
      renameSync(`${path}.other`, path);
    },
  },
  { what: "its log is removed", happen: (path: string) => rmSync(`${path}-wal`) },
];

const openings = [
  ...threads.map(({ name, thread }) => ({
    name: `a file of its own, ${name}`,
    open: (path: string) => sqliteStore({ path, thread }),
  })),
  ...drivers.map(({ driver, connect }) => ({
    name: `a connection of ${driver}`,
    open: (path: string) => {
      const database = connect(path);
      onTestFinished(() => void database.close());
      database.exec("PRAGMA journal_mode = WAL");
      return sqliteStore({ database });
    },
  })),
];

const expectRefused = (store: SqliteStore, path: string): Promise<unknown> =>
  expectFailure(() => store.write([insert("bob")]), { code: "store_replaced", named: path });

describe.each(openings)("$name", ({ open }) => {
  test.each(LOSSES)("refuses writes when $what, and answers what it has open", async ({ happen }) => {
    const path = freshPath();
    const store = open(path);
    expect(await store.write([insert("ada")])).toEqual([true]);
    await happen(path);
    await expectRefused(store, path);
    expect(await store.read(["ada", "bob"])).toEqual([insert("ada").next, undefined]);
    await store.close();
  });
});

test("a thread does not open a file that is not the store's, nor make one where it was", async () => {
  const path = freshPath();
  const store = sqliteStore({ path, thread: true });
  rmSync(path);
  await expectRefused(store, path);
  expect(existsSync(path)).toBe(false);
  await store.close();
});

test.each(drivers)(
  "an app may end WAL mode on its connection, and begin it again: $driver",
  async ({ connect }) => {
    const path = freshPath();
    const database = connect(path);
    database.exec("PRAGMA journal_mode = WAL");
    const store = sqliteStore({ database });
    database.exec("PRAGMA journal_mode = DELETE");
    expect(await store.write([insert("ada")])).toEqual([true]);
    database.exec("PRAGMA journal_mode = WAL");
    expect(await store.write([insert("bob")])).toEqual([true]);
    database.close();
  },
);

describe.each(threads)("the log, $name", ({ thread }) => {
  test("that a long reader has made large is cut when the reader is gone", async () => {
    const path = freshPath();
    const store = sqliteStore({ path, thread });
    const reader = new DatabaseSync(path, { readOnly: true });
    reader.exec("BEGIN; SELECT count(*) FROM usermeta_documents");
    const text = "x".repeat(100_000);
    await store.write(Array.from({ length: 200 }, (_, index) => insert(`user ${index}`, text)));
    reader.exec("COMMIT");
    const size = (): number => statSync(`${path}-wal`).size;
    expect(size()).toBeGreaterThan(20_000_000);
    for (const userId of ["ada", "bob", "cat"]) await store.write([insert(userId)]);
    expect(size()).toBeLessThanOrEqual(8 * 1024 * 1024);
    expect(await store.count()).toBe(203);
    reader.close();
    await store.close();
    expect(() => readFileSync(`${path}-wal`)).toThrow("ENOENT");
  });
});
