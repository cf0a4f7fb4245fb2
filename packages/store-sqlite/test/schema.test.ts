import { DatabaseSync } from "node:sqlite";
import { createUserMetadata, type MetadataDocument } from "@usermeta/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { sqliteStore } from "../src/index.ts";
import { drivers, expectFailure, freshPath, insert, threads } from "./harness.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** The tables as version 1 of the schema made them, with two documents. */
const VERSION_1 = `
  CREATE TABLE usermeta_schema (version INTEGER NOT NULL) STRICT;
  INSERT INTO usermeta_schema (version) VALUES (1);
  CREATE TABLE usermeta_documents (
    user_id TEXT NOT NULL PRIMARY KEY,
    public_metadata TEXT NOT NULL,
    private_metadata TEXT NOT NULL,
    unsafe_metadata TEXT NOT NULL,
    claims TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;
  INSERT INTO usermeta_documents VALUES
    ('ada', '{"plan":"pro"}', '{"note":"p"}', '{"theme":"dark"}', '["plan"]', 1700000000007, 1700000000000, 1700000000005),
    ('bob', '{}', '{}', '{}', '[]', 3, 1, 2);`;
const ADA: MetadataDocument = {
  public: { plan: "pro" },
  private: { note: "p" },
  unsafe: { theme: "dark" },
  claims: ["plan"],
  version: 1_700_000_000_007,
  claimsVersion: 1_700_000_000_007,
  createdAt: 1_700_000_000_000,
  updatedAt: 1_700_000_000_005,
};

const change = (version: number, expected = 0) => {
  const { next } = insert("ada");
  return [{ userId: "ada", expected, next: next && { ...next, version } }];
};
const removal = (expected: number) => [{ userId: "ada", expected, next: null }];

describe("a file of schema version 1", () => {
  test.each(threads)("is migrated with its documents, $name", async ({ thread }) => {
    const path = freshPath();
    const before = new DatabaseSync(path);
    before.exec(VERSION_1);
    before.close();
    const store = sqliteStore({ path, thread });
    expect(await store.read(["ada", "bob"])).toEqual([
      ADA,
      expect.objectContaining({ version: 3, claimsVersion: 3 }),
    ]);
    const next = { ...ADA, version: ADA.version + 1, unsafe: { theme: "light" } };
    expect(await store.write([{ userId: "ada", expected: ADA.version, next }])).toEqual([true]);
    expect(await store.read(["ada"])).toEqual([next]);
    await store.close();
    const again = sqliteStore({ path, thread });
    expect(await again.read(["ada"])).toEqual([next]);
    await again.close();
  });

  test.each(drivers)("is migrated through a connection of the app: $driver", async ({ connect }) => {
    const database = connect(freshPath());
    database.exec(VERSION_1);
    const store = sqliteStore({ database });
    expect(await store.read(["ada"])).toEqual([ADA]);
    expect(database.prepare("SELECT version FROM usermeta_schema").get()).toEqual({ version: 3 });
    database.close();
  });

  test("is closed to the package that made it once it is migrated", async () => {
    const path = freshPath();
    await sqliteStore({ path }).close();
    const database = new DatabaseSync(path);
    expect(database.prepare("SELECT version FROM usermeta_schema").get()).toEqual({ version: 3 });
    database.exec("UPDATE usermeta_schema SET version = 4");
    database.close();
    await expectFailure(() => sqliteStore({ path }), { code: "store_schema_newer", named: path });
  });
});

describe.each(threads)("versions do not come again, $name", ({ thread }) => {
  test("an insert of a version that was removed, or a smaller one, answers the one that was", async () => {
    const path = freshPath();
    const [one, two] = [sqliteStore({ path, thread }), sqliteStore({ path, thread })];
    expect(await one.write(change(8))).toEqual([true]);
    expect(await two.write(removal(8))).toEqual([true]);
    for (const store of [one, two])
      for (const version of [1, 7, 8]) expect(await store.write(change(version))).toEqual([8]);
    expect(await one.read(["ada"])).toEqual([undefined]);
    expect(await two.write(change(9))).toEqual([true]);
    // Something is stored, so the swap is lost, whatever the version.
    for (const version of [7, 9, 10]) expect(await one.write(change(version))).toEqual([false]);
    await Promise.all([one.close(), two.close()]);
    const later = sqliteStore({ path, thread });
    expect(await later.write(removal(9))).toEqual([true]);
    expect(await later.write([...change(9), insert("bob")])).toEqual([9, 9]);
    await later.close();
  });

  test("a removal that is not applied is not remembered, nor a smaller one", async () => {
    const store = sqliteStore({ path: freshPath(), thread });
    expect(await store.write(change(5))).toEqual([true]);
    expect(await store.write(removal(4))).toEqual([false]);
    expect(await store.write([insert("bob")])).toEqual([true]);
    expect(await store.write(removal(5))).toEqual([true]);
    expect(await store.write([{ userId: "bob", expected: 1, next: null }])).toEqual([true]);
    expect(await store.write(change(5))).toEqual([5]);
    expect(await store.write(change(6))).toEqual([true]);
    await store.close();
  });

  test("across engines whose clocks differ, which clear and make again", async () => {
    const path = freshPath();
    const engines = [0, -3_600_000, 60_000].map((aheadMs) => ({
      aheadMs,
      metadata: createUserMetadata({ store: sqliteStore({ path, thread }) }),
    }));
    const { now } = Date;
    const clock = vi.spyOn(Date, "now");
    const versions: number[] = [];
    for (let round = 0; round < 30; round += 1) {
      // Each life is begun by one of them and ended by another.
      for (const { aheadMs, metadata } of [...engines, ...engines].slice(round % 3, (round % 3) + 2)) {
        clock.mockImplementation(() => now() + aheadMs);
        const { version } = await metadata.updateUserMetadata("ada", { publicMetadata: { round, aheadMs } });
        versions.push(version);
      }
      await engines[(round + 2) % 3]?.metadata.clearUserMetadata("ada");
    }
    expect(versions).toHaveLength(60);
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    for (const { metadata } of engines) await metadata.close();
  });
});
