import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Database, freshDatabase } from "../../../test/postgres/database.ts";
import { tellOfWaiting } from "../src/config/waiting.ts";
import { makePlace, type Place } from "./command.ts";

let place: Place;
let database: Database | undefined;
beforeEach(() => {
  place = makePlace();
});
afterEach(async () => {
  await place.remove();
  await database?.drop();
  database = undefined;
});

const READS = [["get", "jane"], ["export"], ["import", "--dry-run"]].map((args) => ({
  name: args.join(" "),
  args,
}));

test.each(READS)("$name makes no SQLite database", async ({ args }) => {
  for (const store of ["sqlite:typo.db", "sqlite:file:typo.db", "sqlite:no/where.db"]) {
    const { code, stdout, stderr } = await place.run([...args, "--store", store]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`There is no metadata at ${store}`);
    expect(stderr).toContain("(store_unavailable)");
  }
  expect(readdirSync(place.folder)).toEqual([]);
});

test.each(READS)("$name makes no tables in a database of somebody else", async ({ args }) => {
  const path = join(place.folder, "other.db");
  const other = new DatabaseSync(path);
  other.exec("CREATE TABLE theirs (id integer)");
  const { code, stderr } = await place.run([...args, "--store", "sqlite:other.db"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("There is no metadata at sqlite:other.db")]);
  expect(other.prepare("SELECT name FROM sqlite_schema").all()).toEqual([{ name: "theirs" }]);
  other.close();
});

test.each(READS)("$name makes no tables in PostgreSQL", async ({ args }) => {
  database = await freshDatabase();
  const before = await place.run([...args, "--store", database.url]);
  expect([before.code, before.stderr]).toEqual([
    1,
    expect.stringContaining("There is no metadata at postgres"),
  ]);
  expect(before.stderr).toContain("(store_unavailable)");
  // Still nothing, so that the command said the truth.
  expect((await place.run([...args, "--store", database.url])).code).toBe(1);
});

test("what a write has made is read, in SQLite and in PostgreSQL", async () => {
  database = await freshDatabase();
  for (const store of ["sqlite:usermeta.db", database.url]) {
    await place.run(["set", "jane", '{"publicMetadata":{"a":1}}', "--store", store]);
    const got = await place.run(["get", "jane", "--store", store]);
    expect([got.code, JSON.parse(got.stdout)]).toEqual([
      0,
      expect.objectContaining({ userId: "jane", publicMetadata: { a: 1 } }),
    ]);
    const exported = await place.run(["export", "--store", store]);
    expect([exported.code, exported.stdout.split("\n").length]).toEqual([0, 2]);
    const nobody = await place.run(["get", "nobody", "--store", store]);
    expect(nobody).toMatchObject({ code: 2, stdout: "" });
    expect(nobody.stderr).toContain("Nothing is stored for a user with this id");
  }
});

test("a file that is not a database is told as what it is", async () => {
  writeFileSync(join(place.folder, "text.db"), "this is a text and not a database".repeat(100));
  const { code, stderr } = await place.run(["get", "jane", "--store", "sqlite:text.db"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("(store_corrupt)")]);
  expect(existsSync(join(place.folder, "text.db-wal"))).toBe(false);
});

test("a command that waits for a terminal says so; one that reads a pipe does not", () => {
  const told: string[] = [];
  const stderr = { write: (text: string) => told.push(text) > 0 } as unknown as NodeJS.WriteStream;
  tellOfWaiting({ isTTY: false }, "JSON", stderr);
  expect(told).toEqual([]);
  tellOfWaiting({ isTTY: true }, "JSON", stderr);
  expect(told).toEqual(["Reading JSON from standard input; end with Ctrl-D.\n"]);
});
