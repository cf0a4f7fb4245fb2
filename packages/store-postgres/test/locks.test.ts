import { createUserMetadata, type Swap, type UserMetadataError } from "@usermeta/core";
import type pg from "pg";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { execute } from "../../../test/postgres/database.ts";
import type { PostgresPool } from "../src/index.ts";
import {
  begin,
  connectTo,
  documentsIn,
  expectFailure,
  freshUrl,
  insert,
  lockOn,
  open,
  poolOn,
  remove,
  somebodyWaits,
  update,
  withSetting,
  writeOver,
} from "./harness.ts";

const OTHERS = Array.from({ length: 20 }, (_, index) => `user ${index}`);

/** What became of swaps, with the codes of errors. */
const told = (swaps: readonly Swap[]): readonly unknown[] =>
  swaps.map((swap) => (typeof swap === "object" ? swap.code : swap));

describe("users whom other transactions have locked", () => {
  test("are told so, and hold up nobody else in the batch", async () => {
    const connectionString = await freshUrl();
    const store = open({ connectionString });
    await store.write([...OTHERS, "ada", "bob"].map((userId) => insert(userId)));
    const locks = [await lockOn(connectionString, "ada"), await lockOn(connectionString, "bob")];
    const swaps = await store.write([
      update("ada"),
      ...OTHERS.map((userId) => update(userId)),
      remove("bob", 1),
    ]);
    expect(told(swaps)).toEqual(["store_busy", ...OTHERS.map(() => true), "store_busy"]);
    // A digest of the id, as the message goes into logs.
    expect((swaps[0] as UserMetadataError).message).toContain("the user with the digest fdee430d40bd.");
    expect(await store.read(["ada", "bob"])).toMatchObject([{ version: 1 }, { version: 1 }]);
    for (const each of locks) await each.query("COMMIT");
    expect(await store.write([update("ada"), remove("bob", 1)])).toEqual([true, true]);
  });

  test("are written when they are free, and others meanwhile; callers get an answer at their deadline", async () => {
    const connectionString = await freshUrl();
    const store = open({ connectionString });
    await store.write([...OTHERS, "ada", "bob"].map((userId) => insert(userId)));
    const locks = [await lockOn(connectionString, "ada"), await lockOn(connectionString, "bob")];
    const patient = createUserMetadata({ store: store });
    const hasty = createUserMetadata({ store: store, limits: { timeoutMs: 500 } });
    const updateBy = (engine: typeof patient, userId: string, note: string) =>
      engine.updateUserMetadata(userId, { publicMetadata: { note } });

    const given = Promise.allSettled([updateBy(hasty, "ada", "hasty"), updateBy(hasty, "bob", "hasty")]);
    const waiting = [updateBy(patient, "ada", "patient"), updateBy(patient, "bob", "patient")];
    for (let round = 0; round < 3; round++)
      await Promise.all(OTHERS.map((userId) => updateBy(patient, userId, `round ${round}`)));
    // If the store is being asked at that moment, nobody knows yet.
    for (const each of await given)
      expect(each).toMatchObject({
        reason: { code: expect.stringMatching(/write_not_sent|store_unavailable/) },
      });
    for (const each of locks) await each.query("COMMIT");
    await Promise.all(waiting);
    const documents = await documentsIn(store, ["ada", "bob"]);
    expect(documents.map((document) => document?.public)).toEqual([{ note: "patient" }, { note: "patient" }]);
    await Promise.all([patient.close(), hasty.close()]);
  });

  test("are sent apart from then on, until they are free or a second is over", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const connectionString = await freshUrl();
    const pool = poolOn({ connectionString });
    const sent: (readonly unknown[])[] = [];
    const query: PostgresPool["query"] = (statement) => {
      const { values = [] } = statement;
      if (values.length > 2) sent.push([values[0], values.at(-1)]);
      return pool.query(statement);
    };
    const store = open({ pool: { query, on: () => undefined, off: () => undefined } });
    await store.write(["ada", "bob", "eve"].map((userId) => insert(userId)));
    const other = await lockOn(connectionString, "ada");
    const write = async (): Promise<readonly unknown[]> => {
      sent.length = 0;
      const documents = await documentsIn(store, ["ada", "bob", "eve"]);
      const versions = documents.map((document) => Number(document?.version));
      const ids = ["ada", "bob", "eve"];
      return told(await store.write(ids.map((userId, index) => update(userId, versions[index]))));
    };
    const all = ["ada", "bob", "eve"];
    expect(await write()).toEqual(["store_busy", true, true]);
    expect(sent).toEqual([
      [all, 100],
      [all, 0],
    ]);
    expect(await write()).toEqual(["store_busy", true, true]);
    const apart = [
      [["bob", "eve"], 100],
      [["ada"], 0],
    ];
    expect(sent).toEqual(apart);
    vi.advanceTimersByTime(1001);
    expect(await write()).toEqual(["store_busy", true, true]);
    expect(sent[0]).toEqual([all, 100]);
    await other.query("COMMIT");
    expect(await write()).toEqual([true, true, true]);
    expect(sent).toEqual(apart);
    expect(await write()).toEqual([true, true, true]);
    expect(sent).toEqual([[all, 100]]);
  });

  test("as somebody inserts the same: others are inserted, and who was inserted is then there", async () => {
    const connectionString = await freshUrl();
    const store = open({ connectionString });
    await store.write([insert("old")]);
    const other = await begin(connectionString);
    await writeOver(other, insert("ada", "theirs"));
    const written = await store.write([
      insert("ada"),
      ...OTHERS.map((userId) => insert(userId)),
      update("old"),
    ]);
    expect(told(written)).toEqual(["store_busy", ...OTHERS.map(() => true), true]);
    await other.query("COMMIT");
    expect(await store.write([insert("ada")])).toEqual([false]);
    expect(await store.read(["ada", "old"])).toEqual([insert("ada", "theirs").next, update("old").next]);
  });

  test("all of them, by a lock on the table: nothing was written", async () => {
    const connectionString = await freshUrl();
    const store = open({ connectionString });
    await store.write([insert("ada"), insert("bob")]);
    const other = await begin(connectionString);
    await other.query("LOCK TABLE usermeta_documents IN SHARE MODE");
    await expectFailure(() => store.write([update("ada"), insert("eve")]), { code: "store_busy" });
    await other.query("COMMIT");
    expect(await store.write([update("ada"), insert("eve")])).toEqual([true, true]);
  });

  test("in opposite order: nobody waits for the other, the next succeeds", async () => {
    const connectionString = await freshUrl();
    const store = open({ connectionString });
    await store.write([insert("ada"), insert("bob")]);
    const other = await lockOn(connectionString, "bob");
    const written = store.write([update("ada"), update("bob")]);
    await other.query("SELECT FROM usermeta_documents WHERE user_id = 'ada' FOR UPDATE");
    expect(told(await written)).toContain("store_busy");
    await other.query("ROLLBACK");
    const versions = (await documentsIn(store, ["ada", "bob"])).map((document) => document?.version);
    expect(await store.write([update("ada", versions[0]), update("bob", versions[1])])).toEqual([true, true]);
  });
});

test("a timeout of the server's cancels a write: nothing was written", async () => {
  const connectionString = await freshUrl();
  const store = open({ connectionString: withSetting(connectionString, "statement_timeout=50") });
  const other = open({ connectionString });
  await other.write([insert("ada"), insert("bob")]);
  await lockOn(connectionString, "bob");
  await expectFailure(() => store.write([update("ada"), update("bob")]), { code: "store_busy" });
  expect(await other.read(["ada", "bob"])).toMatchObject([{ version: 1 }, { version: 1 }]);
});

describe("rows are locked in one order", () => {
  /** A connection in a transaction that has changed a user's row. */
  const changing = async (connectionString: string, userId: string): Promise<pg.Client> => {
    const other = await lockOn(connectionString, userId);
    await other.query("UPDATE usermeta_documents SET version = 2 WHERE user_id = $1", [userId]);
    return other;
  };

  test("by a write that would insert a user whom others have inserted, and now change", async () => {
    const connectionString = await freshUrl();
    await open({ connectionString }).write([insert("ada"), insert("zoe")]);
    const other = await changing(connectionString, "zoe");
    const written = writeOver(await connectTo(connectionString), update("ada"), insert("zoe"));
    await somebodyWaits(connectionString);
    await other.query("SELECT FROM usermeta_documents WHERE user_id = 'ada' FOR UPDATE");
    await other.query("COMMIT");
    expect(await written).toMatchObject({ lost: ["zoe"] });
  });

  test.each([
    ["updates", update("ada")],
    ["removes", remove("ada", 1)],
  ])(
    "by a write that removes one, and %s another, who is there again only while it waits",
    async (_, change) => {
      const connectionString = await freshUrl();
      const store = open({ connectionString });
      await store.write([insert("mia")]);
      const other = await lockOn(connectionString, "mia");
      const written = writeOver(await connectTo(connectionString), change, remove("mia", 1));
      await somebodyWaits(connectionString);
      await store.write([insert("ada")]);
      const third = await changing(connectionString, "ada");
      await other.query("COMMIT");
      await third.query("SELECT FROM usermeta_documents WHERE user_id = 'mia' FOR UPDATE");
      await third.query("COMMIT");
      expect(await written).toMatchObject({ lost: ["ada"] });
    },
  );
});

test.each([
  ["write", false],
  ["write and remove", true],
])("many stores that %s the same users in any order never deadlock", async (_, removing) => {
  // Otherwise a deadlock would end before the server looks for it.
  const connectionString = withSetting(await freshUrl(), "deadlock_timeout=5");
  const stores = Array.from({ length: 4 }, () => open({ connectionString }));
  const ids = Array.from({ length: 40 }, (_, index) => `user ${index}`);
  await stores[0]?.write(ids.map((userId) => insert(userId)));
  // Who is quicker takes the swaps from the others, but each begins to take the rows.
  const rounds = stores.map(async (store, index) => {
    for (let round = 0; round < 100; round++) {
      const order = index % 2 === 0 ? ids : ids.toReversed();
      const documents = await documentsIn(store, order);
      const changes = order.map((userId, place) => {
        const version = documents[place]?.version ?? 0;
        if (version === 0) return insert(userId);
        return (round + place) % 9 === 0 ? remove(userId, version) : update(userId, version);
      });
      await store.write(removing ? changes : changes.filter(({ next }) => next !== null));
    }
  });
  await Promise.all(rounds);
  await Promise.all(stores.map((store) => store.close()));
  const [result] = await execute(
    connectionString,
    "SELECT pg_stat_clear_snapshot(), deadlocks FROM pg_stat_database WHERE datname = current_database()",
  );
  expect(result?.rows).toMatchObject([{ deadlocks: "0" }]);
});

test("a move waits for whoever has locked one of its two users, and tells so when its time is over", async () => {
  const connectionString = await freshUrl();
  const store = open({ connectionString });
  await store.write([insert("guest", "theirs"), insert("ada")]);
  const patient = createUserMetadata({ store });
  const hasty = createUserMetadata({ store, limits: { timeoutMs: 1000 } });
  const other = await lockOn(connectionString, "guest");
  // If the store is being asked at that moment, nobody knows yet.
  await expect(hasty.moveUserMetadata("guest", "ada")).rejects.toMatchObject({
    code: expect.stringMatching(/^store_(busy|unavailable)$/),
  });
  const moving = patient.moveUserMetadata("guest", "ada");
  await somebodyWaits(connectionString);
  await other.query("COMMIT");
  expect((await moving).publicMetadata).toEqual({ note: "hello" });
  expect((await patient.getUserMetadata("guest")).version).toBe(0);
});
