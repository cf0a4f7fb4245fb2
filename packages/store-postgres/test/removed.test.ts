import { expect, test, vi } from "vitest";
import { execute } from "../../../test/postgres/database.ts";
import {
  begin,
  connectTo,
  documentsIn,
  freshUrl,
  type insert,
  open,
  remove,
  somebodyWaits,
  update,
  writeOver,
} from "./harness.ts";

/** As `insert`, with a version. */
const insertAt = (userId: string, version: number): ReturnType<typeof insert> => ({
  ...update(userId, version - 1),
  expected: 0,
});

test("a version that another process removed does not come again, also after a restart", async () => {
  const connectionString = await freshUrl();
  const one = open({ connectionString });
  await one.write([insertAt("ada", 7), insertAt("bob", 9)]);
  expect(await one.write([remove("ada", 7), remove("bob", 9)])).toEqual([true, true]);
  const other = open({ connectionString });
  const swaps = await other.write([insertAt("ada", 7), insertAt("bob", 10), insertAt("eve", 8)]);
  expect(swaps).toEqual([9, true, 9]);
  expect(await other.read(["ada", "bob", "eve"])).toMatchObject([undefined, { version: 10 }, undefined]);
  expect(await other.write([insertAt("ada", 10), insertAt("bob", 3)])).toEqual([true, false]);
});

test("a write that is lost removes nothing, and forbids no version", async () => {
  const store = open({ connectionString: await freshUrl() });
  await store.write([insertAt("ada", 7)]);
  expect(await store.write([remove("ada", 6), remove("bob", 8)])).toEqual([false, false]);
  expect(await store.write([insertAt("bob", 1)])).toEqual([true]);
});

test("an insert that waited for a removal knows its version", async () => {
  const connectionString = await freshUrl();
  const store = open({ connectionString });
  await store.write([insertAt("ada", 7)]);
  const other = await begin(connectionString);
  await writeOver(other, remove("ada", 7));
  const written = writeOver(await connectTo(connectionString), insertAt("ada", 6), insertAt("bob", 8));
  await somebodyWaits(connectionString);
  await other.query("COMMIT");
  expect(await written).toMatchObject({ lost: ["ada"], old: ["ada"], removed: 7 });
  expect(await store.read(["ada", "bob"])).toMatchObject([undefined, { version: 8 }]);
});

test("a document that was cleared before it was stored takes no other of the same version with it", async () => {
  const store = open({ connectionString: await freshUrl() });
  await store.write([insertAt("ada", 7)]);
  const cleared = { userId: "ada", expected: 0, next: null, least: 7, greatest: 9 };
  expect(await store.write([cleared])).toEqual([false]);
  expect(await store.read(["ada"])).toMatchObject([{ version: 7 }]);
});

test("many stores whose clocks differ insert and remove the same users: no version of a user comes twice", async () => {
  const connectionString = await freshUrl();
  const made: string[] = [];
  const lives = async (late: number): Promise<void> => {
    const store = open({ connectionString });
    let known = 0;
    for (let round = 0; round < 200; round++) {
      const userId = `user ${round % 2}`;
      const [document] = await documentsIn(store, [userId]);
      if (document) await store.write([remove(userId, document.version)]);
      else {
        const version = Math.max(known + 1, round - late);
        const [swap] = await store.write([insertAt(userId, version)]);
        if (swap === true) made.push(`${userId} ${version}`);
        else if (typeof swap === "number") known = swap;
      }
    }
  };
  await Promise.all([0, 5, 10, 20].map(lives));
  expect(made.length).toBeGreaterThan(10);
  expect(new Set(made).size).toBe(made.length);
});

test("nobody waits for a removal but its own user", async () => {
  const connectionString = await freshUrl();
  const store = open({ connectionString });
  await store.write([insertAt("ada", 7), insertAt("bob", 7), insertAt("eve", 7)]);
  const other = await begin(connectionString);
  await writeOver(other, remove("ada", 7));
  expect(await store.write([insertAt("zoe", 5), remove("bob", 7), update("eve", 7)])).toEqual([
    true,
    true,
    true,
  ]);
  await other.query("COMMIT");
});

test("of the versions that were removed, the greatest is remembered for ever, the others are forgotten", async () => {
  const connectionString = await freshUrl();
  const store = open({ connectionString });
  await store.migrate();
  for (const version of [7, 9, 8, 11]) {
    await execute(
      connectionString,
      `INSERT INTO usermeta_documents VALUES ('ada', '{}', '{}', '{}', '[]', ${version}, 1, 1)`,
    );
    expect(await store.write([remove("ada", version)])).toEqual([true]);
  }
  const text = "SELECT removed::int FROM usermeta_documents_writes WHERE removed IS NOT NULL";
  const remembered = async () =>
    (await execute(connectionString, text))[0]?.rows.map(({ removed }) => removed);
  expect(await remembered()).toEqual([7, 9, 11]);
  await open({ connectionString }).write([insertAt("bob", 12)]);
  await vi.waitFor(async () => expect(await remembered()).toEqual([11]));
  expect(await store.write([insertAt("ada", 11)])).toEqual([11]);
});

test("a process of the version before writes as it did, and its removals are remembered", async () => {
  const connectionString = await freshUrl();
  const store = open({ connectionString });
  await store.write([insertAt("ada", 7)]);
  const client = await connectTo(connectionString);
  const old = async (userId: string, expected: number, version: number | null): Promise<unknown> => {
    const json = (text: string): (string | null)[] => [version === null ? null : text];
    const { rows } = await client.query({
      text: `SELECT "public"."usermeta_documents_write"($1::text[], $2::bigint[], $3::bigint[], $4::json[], $5::json[],
        $6::json[], $7::json[], $8::bigint[], $9::bigint[], gen_random_uuid())`,
      values: [
        ...[[userId], [expected], [version], json("{}"), json("{}"), json("{}"), json("[]")],
        ...[json("1"), json("1")],
      ],
      rowMode: "array",
    });
    return rows[0]?.[0];
  };
  expect(await old("ada", 7, 8)).toEqual([]);
  expect(await old("ada", 7, 9)).toEqual(["ada"]);
  expect(await store.read(["ada"])).toMatchObject([{ version: 8, claimsVersion: 8 }]);
  expect(await old("ada", 8, null)).toEqual([]);
  expect(await store.write([insertAt("ada", 8)])).toEqual([8]);
  expect(await old("ada", 0, 5)).toEqual([]);
  expect(await store.read(["ada"])).toMatchObject([{ version: 5, claimsVersion: 5 }]);
});
