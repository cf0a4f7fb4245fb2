import { createUserMetadata, type Swap } from "@usermeta/core";
import { expect, onTestFinished, test } from "vitest";
import { execute } from "../../../test/postgres/database.ts";
import { type PostgresServer, STANDBY, startPostgres } from "../../../test/postgres/server.ts";
import type { PostgresStore } from "../src/index.ts";
import { insert, open, poolOn, update } from "./harness.ts";
import { bouncerTo, bouncerVersion } from "./pgbouncer.ts";

/** A primary whose commits wait for its standby. */
const pair = async (): Promise<{ primary: PostgresServer; standby: PostgresServer }> => {
  const primary = await startPostgres(["fsync=off", `synchronous_standby_names=${STANDBY}`]);
  onTestFinished(() => primary.remove());
  const standby = await primary.standby();
  onTestFinished(() => standby.remove());
  return { primary, standby };
};

const promote = async (server: PostgresServer): Promise<void> => {
  expect((await execute(server.url, "SELECT pg_promote() AS done"))[0]?.rows).toEqual([{ done: true }]);
};

/** What a store was asked to write, and whether it has answered. */
interface Writing {
  readonly swaps: Promise<readonly Swap[]>;
  isAnswered: boolean;
}

const beginToWrite = (store: PostgresStore): Writing => {
  const writing = { swaps: store.write([update("ada")]), isAnswered: false };
  const onAnswer = (): void => {
    writing.isAnswered = true;
  };
  writing.swaps.then(onAnswer, onAnswer);
  return writing;
};

const WRITE = `SELECT%usermeta_documents_write"(%`;
const ASK = "INSERT INTO%usermeta_documents_writes%";

/** Resolves to the process that waits for the standby to have what a statement wrote, before the write is answered. */
const waitsForStandby = async (
  { url }: PostgresServer,
  statement: string,
  writing: Writing,
): Promise<number> => {
  const text = `SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query LIKE '${statement}'`;
  for (;;) {
    const [waiting] = (await execute(url, text))[0]?.rows ?? [];
    expect(writing.isAnswered).toBe(false);
    if (waiting) return waiting.pid;
  }
};

const versionsOn = async ({ url }: PostgresServer): Promise<unknown> =>
  (await execute(url, "SELECT user_id, version::int FROM usermeta_documents"))[0]?.rows;

test("the primary crashes before the standby has a write: it is acknowledged when the standby has it, and survives", async () => {
  const { primary, standby } = await pair();
  const store = open({ connectionString: primary.url });
  await store.write([insert("ada")]);
  await standby.stop("fast");
  const writing = beginToWrite(store);
  await waitsForStandby(primary, WRITE, writing);
  await primary.restart("kill");
  await waitsForStandby(primary, ASK, writing);
  // The primary has it meanwhile, but a promotion would take it away.
  expect(await versionsOn(primary)).toEqual([{ user_id: "ada", version: 2 }]);
  await standby.start();
  expect(await writing.swaps).toEqual([true]);
  await primary.stop("kill");
  await promote(standby);
  expect(await versionsOn(standby)).toEqual([{ user_id: "ada", version: 2 }]);
});

/** The wait of a write for the standby is cancelled, and then that of the question what became of it. */
const cancelWaits = async (
  openOn: (url: string) => PostgresStore | Promise<PostgresStore>,
): Promise<void> => {
  const { primary, standby } = await pair();
  const store = await openOn(primary.url);
  await store.write([insert("ada")]);
  await standby.stop("fast");
  const writing = beginToWrite(store);
  for (const statement of [WRITE, ASK]) {
    const pid = await waitsForStandby(primary, statement, writing);
    await execute(primary.url, `SELECT pg_cancel_backend(${pid})`);
  }
  await waitsForStandby(primary, ASK, writing);
  await standby.start();
  expect(await writing.swaps).toEqual([true]);
};

test("a wait for the standby is cancelled, over its own pool: the write is acknowledged when the standby has it", () =>
  cancelWaits((connectionString) => open({ connectionString })));

test("a wait for the standby is cancelled, over the app's pool: the write is acknowledged when the standby has it", () =>
  cancelWaits((connectionString) => open({ pool: poolOn({ connectionString }) })));

test.skipIf(bouncerVersion === undefined)(
  "a wait for the standby is cancelled, through PgBouncer: the write is acknowledged when the standby has it",
  () =>
    cancelWaits(async (url) => {
      const bouncer = await bouncerTo(url);
      onTestFinished(() => bouncer.remove());
      return open({ connectionString: bouncer.through(url) });
    }),
);

test("the primary is killed under load: what was acknowledged is on the standby, once", async () => {
  const { primary, standby } = await pair();
  const store = open({ connectionString: primary.url, timeoutMs: 1000 });
  const metadata = createUserMetadata({ store, limits: { timeoutMs: 1000 } });
  const enough = Promise.withResolvers<void>();
  const acknowledged = Array(20).fill(0);
  let all = 0;
  const callers = acknowledged.map(async (_, index) => {
    for (;;) {
      await metadata.mutateUserMetadata(`user ${index}`, ({ publicMetadata: { count = 0 } }) => ({
        publicMetadata: { count: Number(count) + 1 },
      }));
      acknowledged[index] += 1;
      all += 1;
      if (all === 1000) enough.resolve();
    }
  });
  const ended = Promise.allSettled(callers);
  await enough.promise;
  await primary.stop("kill");
  await ended;
  await promote(standby);
  const text = `SELECT (public_metadata->>'count')::int AS count FROM usermeta_documents
    ORDER BY substr(user_id, 6)::int`;
  const counts = (await execute(standby.url, text))[0]?.rows.map(({ count }) => count);
  expect(counts).toHaveLength(20);
  for (const [index, count] of counts?.entries() ?? []) {
    // One more of each caller may have been under way.
    expect([acknowledged[index], acknowledged[index] + 1]).toContain(count);
  }
});
