import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { messageOf, startChild } from "../../../test/child-process.ts";
import { sqliteStore } from "../src/index.ts";
import { drivers, expectFailure, freshPath, insert, threads } from "./harness.ts";

const filled = async (path: string, users: number): Promise<void> => {
  const store = sqliteStore({ path });
  await store.write(Array.from({ length: users }, (_, index) => insert(`user ${index}`, "x".repeat(500))));
  await store.close?.();
};

describe("a damaged file", () => {
  test("is not a database", async () => {
    const path = freshPath();
    writeFileSync(path, "no database, but long enough to be looked at ".repeat(100));
    const error = await expectFailure(() => sqliteStore({ path }), { code: "store_corrupt", named: path });
    expect(error.message).toContain("not a SQLite database");
  });

  test.each(drivers)("is not a database: $driver", async ({ connect }) => {
    const path = freshPath();
    writeFileSync(path, "no database, but long enough to be looked at ".repeat(100));
    const database = connect(path);
    await expectFailure(() => sqliteStore({ database }), { code: "store_corrupt", named: path });
    database.close();
  });

  test("has pages overwritten", async () => {
    const path = freshPath();
    await filled(path, 200);
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xa5, 3 * 4096));
    const store = sqliteStore({ path });
    const ids = Array.from({ length: 200 }, (_, index) => `user ${index}`);
    await expectFailure(() => store.read(ids), { code: "store_corrupt", named: path });
    await store.close?.();
  });

  test.each(["private_metadata = '{\"a\":'", "unsafe_metadata = '[]'", "claims = '[1]'"])(
    "has a row that is not a document, as with %s: the error names its user, and others are read",
    async (broken) => {
      const path = freshPath();
      const database = new DatabaseSync(path);
      const store = sqliteStore({ database });
      await store.write([insert("ada"), insert("bob")]);
      database.exec(`UPDATE usermeta_documents SET ${broken} WHERE user_id = 'bob'`);
      const [ada, bob] = await store.read(["ada", "bob"]);
      expect(ada).toMatchObject({ public: { note: "hello" } });
      expect(bob).toMatchObject({ code: "document_corrupt", details: { version: 1 } });
      expect(bob).toHaveProperty("message", expect.stringMatching(/test\.db.*digest 81b637d8fcd2/));
      expect(bob).toHaveProperty("cause", expect.any(SyntaxError));
      database.close();
    },
  );
});

describe("a file that is only read", () => {
  test.each(threads)(
    "opened read-only, $name: reads are answered, writes are refused",
    async ({ thread }) => {
      const path = freshPath();
      const writer = sqliteStore({ path });
      await writer.write([insert("ada")]);
      const store = sqliteStore({ path: `file:${path}?mode=ro`, thread });
      expect(await store.read(["ada"])).toMatchObject([{ version: 1 }]);
      const error = await expectFailure(() => store.write([insert("bob")]), {
        code: "store_read_only",
        named: path,
      });
      expect(error.cause).toHaveProperty("errcode", 8);
      await store.close?.();
      await writer.close?.();
    },
  );

  test.each(drivers)("without our tables: $driver", async ({ connect }) => {
    const path = freshPath();
    const database = connect(path);
    database.exec("PRAGMA query_only = 1");
    await expectFailure(() => sqliteStore({ database }), { code: "store_read_only", named: path });
    database.close();
  });
});

describe("a full disk", () => {
  test.each(drivers)("refuses the whole write, and goes on: $driver", async ({ connect }) => {
    const path = freshPath();
    const database = connect(path);
    const store = sqliteStore({ database });
    database.exec("PRAGMA max_page_count = 20");
    const error = await expectFailure(
      () => store.write([insert("small"), insert("large", "x".repeat(100_000))]),
      { code: "store_full", named: path },
    );
    expect(error.status).toBe(507);
    expect(await store.read(["small", "large"])).toEqual([undefined, undefined]);
    expect(await store.write([insert("small")])).toEqual([true]);
    database.close();
  });
});

describe.each(threads)("a locked file, $name", ({ thread }) => {
  test("is busy when the lock outlasts the timeout, and nothing is written", async () => {
    const path = freshPath();
    const store = sqliteStore({ path, busyTimeoutMs: 20, thread });
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const error = await expectFailure(() => store.write([insert("ada")]), {
      code: "store_busy",
      named: path,
    });
    expect(error.status).toBe(503);
    other.exec("COMMIT");
    expect(await store.read(["ada"])).toEqual([undefined]);
    other.close();
    await store.close?.();
  });

  test("is waited for without holding up the event loop", async () => {
    const path = freshPath();
    const store = sqliteStore({ path, thread });
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const written = store.write([insert("ada")]);
    setImmediate(() => other.exec("COMMIT"));
    expect(await written).toEqual([true]);
    other.close();
    await store.close?.();
  });

  test("is not waited for once the store is closed", async () => {
    const path = freshPath();
    const store = sqliteStore({ path, thread });
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const written = store.write([insert("ada")]);
    const refused = expectFailure(() => written, { code: "store_unavailable", named: path });
    await store.close?.();
    await refused;
    other.close();
  });
});

describe("the schema", () => {
  test("newer than this package's is refused", async () => {
    const path = freshPath();
    await filled(path, 1);
    const other = new DatabaseSync(path);
    other.exec("UPDATE usermeta_schema SET version = 99");
    other.close();
    const error = await expectFailure(() => sqliteStore({ path }), {
      code: "store_schema_newer",
      named: path,
    });
    expect(error.message).toContain("99");
  });

  test("is made once by processes that open a fresh file at once, and none loses an update", async () => {
    const path = freshPath();
    const counter = join(import.meta.dirname, "counter-process.ts");
    const processes = Array.from({ length: 4 }, () => startChild(counter));
    // A race that is lost now and then: each round is a fresh file.
    for (let round = 0; round < 50; round += 1) {
      const file = `${path}.${round}`;
      for (const each of processes) each.send(file);
      expect(await Promise.all(processes.map(messageOf))).toEqual(["done", "done", "done", "done"]);
      const store = sqliteStore({ path: file });
      expect(await store.read(["counter"])).toMatchObject([{ public: { count: 4 }, version: 4 }]);
      await store.close?.();
    }
  });
});

describe.each(threads)("the store's own connection, $name", ({ thread }) => {
  test("is in WAL mode, and leaves no file beside the database when it is closed", async () => {
    const path = freshPath();
    const store = sqliteStore({ path, thread });
    const other = new DatabaseSync(path);
    expect(other.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
    other.close();
    await store.write([insert("ada")]);
    await store.close?.();
    expect(() => readFileSync(`${path}-wal`)).toThrow("ENOENT");
  });

  test("names the path after close", async () => {
    const path = freshPath();
    const store = sqliteStore({ path, thread });
    await store.close?.();
    await expectFailure(() => store.read(["ada"]), { code: "store_unavailable", named: path });
    await expectFailure(() => store.write([insert("ada")]), { code: "store_unavailable", named: path });
  });
});
