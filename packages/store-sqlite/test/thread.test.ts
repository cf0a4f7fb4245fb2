import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test, vi } from "vitest";
import { cached, noteOf, setNote } from "../../../test/cached.ts";
import { commitPace } from "../src/commit-pace.ts";
import { type SqliteStore, sqliteStore } from "../src/index.ts";
import { expectFailure, freshPath, insert, openedBy, pragma, runModule } from "./harness.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** The next thread that is started. */
const nextThread = async (): Promise<Worker> => {
  const [worker] = await once(process, "worker");
  expect(worker).toBeInstanceOf(Worker);
  return worker;
};

/** A store, and the connection that it has on this thread. */
const opened = (path: string): { readonly store: SqliteStore; readonly database: DatabaseSync } => {
  let store = sqliteStore({ path: ":memory:" });
  const { database } = openedBy(() => {
    store = sqliteStore({ path });
  });
  return { store, database };
};

/** Does work during which each commit takes as long as is said, by the clock that the store looks at. */
const withCommitsOf = async (milliseconds: number, work: () => Promise<unknown>): Promise<void> => {
  let now = performance.now();
  const clock = vi.spyOn(performance, "now").mockImplementation(() => {
    now += milliseconds;
    return now;
  });
  await work();
  clock.mockRestore();
};

const writes = async (store: SqliteStore, name: string, count: number): Promise<void> => {
  for (let index = 0; index < count; index += 1)
    expect(await store.write([insert(`${name} ${index}`)])).toEqual([true]);
};

/** Whether a store writes by another connection than the one on this thread. */
const isWrittenElsewhere = async ({ store, database }: ReturnType<typeof opened>): Promise<boolean> => {
  const before = pragma(database, "data_version");
  await withCommitsOf(0, () => writes(store, randomUUID(), 1));
  return pragma(database, "data_version") !== before;
};

describe("a thread that ends", () => {
  test("answers what was under way with store_unavailable; the next call starts another", async () => {
    const path = freshPath();
    const started = nextThread();
    const store = sqliteStore({ path, search: ["public.note"], thread: true });
    const worker = await started;
    await store.write([insert("ada")]);
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const written = store.write([insert("bob")]);
    await worker.terminate();
    const error = await expectFailure(() => written, { code: "store_unavailable", named: path });
    expect(error.message).toContain("may be stored or not");
    other.exec("COMMIT");
    other.close();
    expect(await store.read(["ada", "bob"])).toMatchObject([{ version: 1 }, undefined]);
    expect(await store.write([insert("bob")])).toEqual([true]);
    expect(await store.count()).toBe(2);
    await store.close();
  });

  test("while the store is closed does not make close() fail", async () => {
    const path = freshPath();
    const started = nextThread();
    const store = sqliteStore({ path, thread: true });
    const worker = await started;
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const written = store.write([insert("ada")]);
    const refused = expectFailure(() => written, { code: "store_unavailable", named: "the store is closed" });
    const closed = store.close();
    await worker.terminate();
    await closed;
    await refused;
    other.close();
  });

  test("that cannot open the file says why, and is asked again", async () => {
    const path = freshPath();
    const store = sqliteStore({ path, thread: true });
    const other = new DatabaseSync(path);
    other.exec("UPDATE usermeta_schema SET version = 99");
    const error = await expectFailure(() => store.write([insert("ada")]), {
      code: "store_schema_newer",
      named: path,
    });
    expect(error.status).toBe(500);
    other.exec("UPDATE usermeta_schema SET version = 3");
    other.close();
    expect(await store.write([insert("ada")])).toEqual([true]);
    await store.close();
  });
});

test("a process ends when its thread has done what was asked, without close()", async () => {
  const path = freshPath();
  const script = (work: string): string => `
import { sqliteStore } from "../src/index.ts";
import { insert } from "../../../test/insert.ts";

const store = sqliteStore({ path: ${JSON.stringify(path)}, thread: true });
${work}
`;
  expect(
    await runModule(script(`process.send?.(await store.read(["ada"])); process.disconnect?.();`)),
  ).toEqual([null]);
  // Nobody awaits the second: the thread alone keeps the process running.
  const work = `await store.write([insert("ada")]); process.send?.("done"); process.disconnect?.();
void store.write([insert("bob")]);`;
  expect(await runModule(script(work))).toBe("done");
  const store = sqliteStore({ path });
  expect(await store.read(["ada", "bob"])).toMatchObject([{ version: 1 }, { version: 1 }]);
  await store.close();
});

test("close() lets the thread end by itself, and resolves when it has", async () => {
  const started = nextThread();
  const store = sqliteStore({ path: freshPath(), thread: true });
  const worker = await started;
  const ended = once(worker, "exit");
  await store.write([insert("ada")]);
  await store.close();
  // A thread that is terminated has the exit code 1.
  expect(await ended).toEqual([0]);
  // Node would end with the code 13 if nothing kept the process running until then.
  await runModule(`
import { sqliteStore } from "../src/index.ts";
import { insert } from "../../../test/insert.ts";

const store = sqliteStore({ path: ${JSON.stringify(freshPath())}, thread: true });
await store.write([insert("ada")]);
process.disconnect?.();
await store.close();
`);
});

test("a relative path is the file that it was, wherever the process goes", async () => {
  const path = freshPath();
  const script = `
import { chdir } from "node:process";
import { sqliteStore } from "../src/index.ts";
import { insert } from "../../../test/insert.ts";

const [folder, elsewhere] = ${JSON.stringify([dirname(path), import.meta.dirname])};
chdir(folder);
const stores = ["test.db", "file:test.db?mode=rw"].map((path) => sqliteStore({ path, thread: true }));
chdir(elsewhere);
const swaps = [];
for (const [index, store] of stores.entries()) swaps.push(await store.write([insert(String(index))]));
process.send?.(swaps);
process.disconnect?.();
`;
  const store = sqliteStore({ path });
  expect(await runModule(script)).toEqual([[true], [true]]);
  expect(await store.count()).toBe(2);
  await store.close();
});

describe("if it is not said whether there is a thread", () => {
  test("it takes over after commits were slow for a while, and not before", async () => {
    const path = freshPath();
    const { store, database } = opened(path);
    await withCommitsOf(0.9, () => writes(store, "quick", 100));
    // A few, as when the log is copied, are not the disk.
    for (let round = 0; round < 10; round += 1) {
      await withCommitsOf(1.1, () => writes(store, `round ${round} slow`, 1));
      await withCommitsOf(0.1, () => writes(store, `round ${round} quick`, 8));
    }
    await withCommitsOf(1.1, () => writes(store, "slow", 7));
    expect(await isWrittenElsewhere({ store, database })).toBe(false);
    await withCommitsOf(1.1, () => writes(store, "slower", 2));
    expect(await isWrittenElsewhere({ store, database })).toBe(true);
    expect(await store.count()).toBe(201);
    await store.close();
  });

  test("this one goes on after commits were quick for a while", () => {
    const pace = commitPace();
    for (let commit = 0; commit < 30; commit += 1) pace.committed(1.1, 1);
    for (let commit = 0; commit < 127; commit += 1) pace.committed(0.1, 1);
    expect(pace.isSlow).toBe(true);
    pace.committed(0.1, 1);
    expect(pace.isSlow).toBe(false);
  });

  test("a commit of many changes may take longer", () => {
    const [few, many] = [commitPace(), commitPace()];
    for (let commit = 0; commit < 30; commit += 1) {
      few.committed(4, 64);
      many.committed(4, 512);
    }
    expect([few.isSlow, many.isSlow]).toEqual([true, false]);
  });

  test("thread: false stays on this thread", async () => {
    const path = freshPath();
    let store = sqliteStore({ path: ":memory:" });
    const { database } = openedBy(() => {
      store = sqliteStore({ path, thread: false });
    });
    await withCommitsOf(100, () => writes(store, "slow", 30));
    expect(await isWrittenElsewhere({ store, database })).toBe(false);
    await store.close();
  });

  test("a cache stays right when it takes over", async () => {
    const path = freshPath();
    const ours = opened(path);
    const cache = cached(ours.store, 100);
    const theirs = cached(sqliteStore({ path, thread: false }), 100);
    await setNote(cache.metadata, "before");
    await withCommitsOf(1.1, () => writes(ours.store, "slow", 10));
    expect(await noteOf(cache.metadata)).toBe("before");
    await setNote(cache.metadata, "ours");
    expect(await isWrittenElsewhere(ours)).toBe(true);
    expect(await noteOf(cache.metadata)).toBe("ours");
    const { length } = cache.reads;
    expect(await noteOf(cache.metadata)).toBe("ours");
    expect(cache.reads).toHaveLength(length);
    await setNote(theirs.metadata, "theirs");
    expect(await noteOf(cache.metadata)).toBe("theirs");
    await Promise.all([cache.metadata.close(), theirs.metadata.close()]);
  });
});

test("what another program writes by SQL empties the cache, and what it does to its own tables does not", async () => {
  const path = freshPath();
  const { metadata, reads } = cached(sqliteStore({ path, thread: true }), 100);
  await setNote(metadata, "ours");
  expect(await noteOf(metadata)).toBe("ours");
  const { length } = reads;
  const other = new DatabaseSync(path);
  other.exec("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
  expect(await noteOf(metadata)).toBe("ours");
  expect(reads).toHaveLength(length);
  other.exec(`UPDATE usermeta_documents SET public_metadata = '{"note":"by hand"}', unsafe_metadata = '{}'`);
  other.close();
  await metadata.getUserMetadata("ada");
  expect(reads).toHaveLength(length + 1);
  await metadata.close();
});

test("what another program wrote before a write of the store's own is told of with that", async () => {
  const path = freshPath();
  const store = sqliteStore({ path, thread: true });
  const { metadata } = cached(store, 100);
  await setNote(metadata, "ours");
  expect(await noteOf(metadata)).toBe("ours");
  const other = new DatabaseSync(path);
  other.exec(`UPDATE usermeta_documents SET public_metadata = '{"note":"by hand"}'`);
  other.close();
  // Nothing has asked for what is in memory between these two.
  expect(await store.write([insert("bob")])).toEqual([true]);
  expect(await noteOf(metadata)).toBe("by hand");
});
