import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { sqliteStore } from "../src/index.ts";
import { drivers, expectFailure, freshPath, insert } from "./harness.ts";

describe.each(drivers)("a connection of the app: $driver", ({ connect }) => {
  test("keeps its pragmas, its user_version and its tables, and stays open", async () => {
    const path = freshPath();
    const database = connect(path);
    database.exec("PRAGMA user_version = 7; CREATE TABLE theirs (x); PRAGMA synchronous = OFF");
    const store = sqliteStore({ database });
    await store.write([insert("ada")]);
    await store.close?.();
    expect(database.prepare("PRAGMA user_version").get()).toEqual({ user_version: 7 });
    expect(database.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 0 });
    expect(database.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "delete" });
    expect(database.prepare("SELECT count(*) AS n FROM usermeta_documents").get()).toEqual({ n: 1 });
    database.close();
  });

  test("inside the app's transaction is refused, and the app's work is not touched", async () => {
    const path = freshPath();
    const database = connect(path);
    database.exec("CREATE TABLE theirs (x)");
    const store = sqliteStore({ database });
    database.exec("BEGIN; INSERT INTO theirs VALUES (1)");
    const error = await expectFailure(() => store.write([insert("ada")]), {
      code: "store_busy",
      named: path,
    });
    expect(error.message).toContain("inside a transaction that the app has open");
    await expectFailure(() => store.read(["ada"]), { code: "store_busy", named: path });
    database.exec("COMMIT");
    expect(database.prepare("SELECT x FROM theirs").get()).toEqual({ x: 1 });
    expect(await store.write([insert("ada")])).toEqual([true]);
    database.close();
  });

  test("is busy with the app's own timeout", async () => {
    const path = freshPath();
    const database = connect(path);
    database.exec("PRAGMA busy_timeout = 0");
    const store = sqliteStore({ database });
    // By the same driver: POSIX locks are one process's, so two copies of SQLite in it do not see each other's.
    const other = connect(path);
    other.exec("BEGIN IMMEDIATE");
    await expectFailure(() => store.write([insert("ada")]), { code: "store_busy", named: path });
    other.close();
    database.close();
  });

  test("closed by the app is a clear error", async () => {
    const path = freshPath();
    const database = connect(path);
    const store = sqliteStore({ database });
    database.close();
    await expectFailure(() => store.read(["ada"]), { code: "store_unavailable", named: path });
    await expectFailure(() => sqliteStore({ database }), {
      code: "store_unavailable",
      named: "the app's connection",
    });
  });
});

test("a connection of the app may return rows as arrays and integers as bigints", async () => {
  const path = freshPath();
  const database = new DatabaseSync(path, { returnArrays: true, readBigInts: true });
  const store = sqliteStore({ database });
  expect(await store.write([insert("ada"), insert("ada 2")])).toEqual([true, true]);
  expect(await store.write([insert("ada")])).toEqual([false]);
  expect(await store.read(["ada"])).toEqual([insert("ada").next]);
  const again = sqliteStore({ database });
  expect(await again.read(["nobody"])).toEqual([undefined]);
  const entry = { subject: "bob", version: insert("bob").next?.version ?? 0, at: 2, body: "{}" };
  await store.write([{ ...insert("bob"), entries: [entry] }]);
  const query = { subject: "bob", before: Number.MAX_SAFE_INTEGER, limit: 5 };
  expect(await store.journal.read(query)).toEqual([entry]);
  expect(await store.journal.follow("", 5)).toEqual([{ ...entry, position: "1" }]);
  await store.journal.trimSubjects(["bob"], 1);
  expect(await store.journal.trim(3, 5)).toBe(1);
  database.close();
});
