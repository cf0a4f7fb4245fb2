import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { messageOf, startChild } from "../../../test/child-process.ts";
import { execute } from "../../../test/postgres/database.ts";
import {
  begin,
  expectFailure,
  freshUrl,
  insert,
  open,
  remove,
  update,
  withLine,
  writeOver,
} from "./harness.ts";

/** Brings the tables back to the first version. */
const makeOld = async (connectionString: string): Promise<void> => {
  const [functions] = await execute(
    connectionString,
    "SELECT oid::regprocedure::text AS signature FROM pg_proc WHERE proname = 'usermeta_documents_write'",
  );
  await execute(
    connectionString,
    ...(functions?.rows.map(({ signature }) => `DROP FUNCTION ${signature}`) ?? []),
    "DROP INDEX usermeta_documents_lookup",
    "ALTER TABLE usermeta_documents DROP COLUMN claims_version",
    "ALTER TABLE usermeta_documents_writes DROP COLUMN removed",
    "UPDATE usermeta_documents_schema SET version = 1",
  );
};

/** Brings the tables back to the version before the journal. */
const withoutJournal = async (connectionString: string): Promise<void> => {
  const [functions] = await execute(
    connectionString,
    "SELECT oid::regprocedure::text AS signature FROM pg_proc WHERE proname = 'usermeta_documents_record'",
  );
  await execute(
    connectionString,
    ...(functions?.rows.map(({ signature }) => `DROP FUNCTION ${signature}`) ?? []),
    "DROP TABLE usermeta_documents_entries, usermeta_documents_erasures, usermeta_documents_journal",
    "UPDATE usermeta_documents_schema SET version = 6",
  );
};

describe("the tables", () => {
  test("are made once by ten processes that start at once, and none loses an update", async () => {
    const url = await freshUrl();
    const file = join(import.meta.dirname, "counter-process.ts");
    const processes = Array.from({ length: 10 }, () => startChild(file, url));
    await Promise.all(processes.map(messageOf));
    const answers = processes.map(messageOf);
    for (const each of processes) each.send("go");
    const counts = (await Promise.all(answers)).map(Number);
    expect(counts.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("of a newer version are refused", async () => {
    const connectionString = await freshUrl();
    await open({ connectionString }).migrate();
    await execute(connectionString, "UPDATE usermeta_documents_schema SET version = 99");
    await expectFailure(() => open({ connectionString }).migrate(), {
      code: "store_schema_newer",
      named: "99",
    });
  });

  test("of an older version are brought to this one, by the first use", async () => {
    const connectionString = await freshUrl();
    await open({ connectionString }).write([insert("ada")]);
    await withoutJournal(connectionString);
    await makeOld(connectionString);
    const store = open({ connectionString });
    expect(await store.read(["ada"])).toEqual([insert("ada").next]);
    expect(await store.write([withLine(update("ada"))])).toEqual([true]);
    expect(await store.read(["ada"])).toEqual([update("ada").next]);
    const [tables] = await execute(
      connectionString,
      `SELECT version, indexdef FROM usermeta_documents_schema, pg_indexes
        WHERE indexname = 'usermeta_documents_lookup'`,
    );
    expect(tables?.rows).toEqual([{ version: 7, indexdef: expect.stringContaining("hash (user_id)") }]);
  });

  test("that others are reading are not brought to this version meanwhile, and hold nobody else up", async () => {
    const connectionString = await freshUrl();
    await open({ connectionString }).write([insert("ada")]);
    await makeOld(connectionString);
    const other = await begin(connectionString);
    await other.query("SELECT FROM usermeta_documents");
    const store = open({ connectionString });
    await expectFailure(() => store.read(["ada"]), { code: "store_busy" });
    expect((await execute(connectionString, "SELECT FROM usermeta_documents"))[0]?.rowCount).toBe(1);
    await other.query("COMMIT");
    expect(await store.read(["ada"])).toEqual([insert("ada").next]);
  });

  test("get a journal while a process of the version before is writing, which goes on as it did", async () => {
    const connectionString = await freshUrl();
    await open({ connectionString }).write([insert("ada"), insert("bob")]);
    await withoutJournal(connectionString);
    const old = await begin(connectionString);
    expect(await writeOver(old, update("ada"))).toBeNull();
    const store = open({ connectionString });
    expect(await store.write([withLine(update("bob"))])).toEqual([true]);
    await old.query("COMMIT");
    expect(await writeOver(old, update("ada", 2), update("bob", 2))).toBeNull();
    expect(await store.write([withLine(update("ada", 3))])).toEqual([true]);
    const all = { before: 9, limit: 9 };
    expect(await store.journal.read({ subject: "ada", ...all })).toMatchObject([{ version: 4 }]);
    expect(await store.journal.read({ subject: "bob", ...all })).toMatchObject([{ version: 2 }]);
  });

  test("are used by a role that may create nothing", async () => {
    const connectionString = await freshUrl();
    await open({ connectionString, search: ["public"] }).migrate();
    const role = `usermeta_${new URL(connectionString).pathname.slice(-12)}`;
    await execute(
      connectionString,
      `CREATE ROLE ${role} LOGIN PASSWORD 'of the app'`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON usermeta_documents, usermeta_documents_writes TO ${role}`,
    );
    onTestFinished(async () => {
      await execute(connectionString, `DROP OWNED BY ${role}`, `DROP ROLE ${role}`);
    });
    const address = new URL(connectionString);
    address.username = role;
    address.password = "of the app";
    const limited = open({ connectionString: address.href, search: ["public"] });
    const error = await expectFailure(() => limited.read(["ada"]), {
      code: "store_read_only",
      named: "privilege",
    });
    expect(error.cause).toHaveProperty("code", "42501");
    await execute(connectionString, `GRANT SELECT ON usermeta_documents_schema TO ${role}`);
    expect(await limited.write([insert("ada"), insert("bob")])).toEqual([true, true]);
    expect(await limited.write([remove("bob", 1)])).toEqual([true]);
    expect(await limited.write([insert("bob")])).toEqual([1]);
    expect(
      await limited.find({ tier: "public", where: { note: "hello" }, after: "", limit: 1 }),
    ).toHaveLength(1);
    await expectFailure(() => limited.write([withLine(update("ada"))]), {
      code: "store_read_only",
      named: "_entries",
    });
    await execute(
      connectionString,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON usermeta_documents_entries, usermeta_documents_erasures,
        usermeta_documents_journal TO ${role}`,
    );
    expect(await limited.write([withLine(update("ada"))])).toEqual([true]);
    expect(await limited.journal.trim(9, 9)).toBe(1);
    const other = open({ connectionString: address.href, schema: "other" });
    await expectFailure(() => other.migrate(), { code: "store_read_only", named: "other" });
  });

  test("that somebody has dropped: a code, and nothing is said to be written", async () => {
    const connectionString = await freshUrl();
    const store = open({ connectionString });
    await store.write([insert("ada")]);
    await execute(connectionString, "DROP TABLE usermeta_documents");
    await expectFailure(() => store.write([update("ada")]), { code: "internal_error", named: "refused" });
  });
});
