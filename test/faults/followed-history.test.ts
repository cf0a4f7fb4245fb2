import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { createUserMetadata, type Store, UserMetadataError } from "@usermeta/core";
import { postgresStore } from "@usermeta/store-postgres";
import { sqliteStore } from "@usermeta/store-sqlite";
import { expect, onTestFinished, test } from "vitest";
import { startPostgres } from "../postgres/server.ts";
import { freshPath, start } from "./harness.ts";

/** Restarts of the server, half of them by a kill; 20 take over a minute. */
const RESTARTS = Number(process.env.HISTORY_RESTARTS ?? 2);
const PROCESSES = 8;

/** Entries as whoever follows has seen them: the versions of each user. */
class Seen {
  readonly versions: Map<string, number[]> = new Map();
  count = 0;

  add(userId: string, version: number): void {
    const versions = this.versions.get(userId) ?? [];
    versions.push(version);
    this.versions.set(userId, versions);
    this.count += 1;
  }
}

/** Follows until it is told to end; after a failure it goes on where it was, as an app would. */
const followAll = async (store: Store, seen: Seen, signal: AbortSignal): Promise<void> => {
  const metadata = createUserMetadata({ store, history: { maxEntries: 10_000_000 } });
  let after = "";
  while (!signal.aborted) {
    try {
      for await (const { userId = "", version, position } of metadata.follow({ after, signal })) {
        seen.add(userId, version);
        after = position;
      }
    } catch (error) {
      if (!UserMetadataError.is(error) || error.status !== 503) throw error;
      await sleep(20);
    }
  }
  await metadata.close();
};

/** Resolves when more entries have been seen. */
const seenMore = async (seen: Seen): Promise<void> => {
  const least = seen.count + 300;
  while (seen.count < least) await sleep(10);
};

/** Has processes write, which are killed in the end, while `meanwhile` is done and somebody follows. */
const followWriters = async (
  where: string,
  open: () => Store,
  meanwhile: () => Promise<unknown>,
): Promise<void> => {
  const seen = new Seen();
  const ending = new AbortController();
  const following = followAll(open(), seen, ending.signal);
  const writers = Array.from({ length: PROCESSES }, () => start("history-writer.ts", where));
  for (const { stdout } of writers) stdout?.resume();
  await seenMore(seen);
  await meanwhile();
  await seenMore(seen);
  const ended = writers.map((writer) => once(writer, "close"));
  for (const writer of writers) writer.kill("SIGKILL");
  await Promise.all(ended);
  const store = open();
  const expected = new Map<string, number[]>();
  for (const userId of Array.from({ length: 16 }, (_, index) => `user-${index}`)) {
    const query = { subject: userId, before: Number.MAX_SAFE_INTEGER, limit: 10_000_000 };
    const entries = (await store.journal?.read(query)) ?? [];
    expected.set(userId, entries.map(({ version }) => version).reverse());
  }
  await store.close?.();
  const all = [...expected.values()].reduce((sum, { length }) => sum + length, 0);
  await expect.poll(() => seen.count, { timeout: 60_000 }).toBeGreaterThanOrEqual(all);
  ending.abort();
  await following;
  expect(all).toBeGreaterThan(500);
  // Each once, none skipped, in the order of its user's versions.
  expect(seen.versions).toEqual(expected);
};

test(`PostgreSQL, ${PROCESSES} processes write through ${RESTARTS} restarts: who follows sees every entry once and in order`, async () => {
  const server = await startPostgres();
  onTestFinished(() => server.remove());
  const open = () => postgresStore({ connectionString: server.url });
  await followWriters(server.url, open, async () => {
    for (let round = 0; round < RESTARTS; round += 1) {
      await server.restart(round % 2 === 0 ? "kill" : "fast");
      await sleep(1500);
    }
  });
}, 900_000);

test(`SQLite, ${PROCESSES} processes write: who follows sees every entry once and in order`, async () => {
  const path = freshPath();
  await followWriters(
    path,
    () => sqliteStore({ path }),
    async () => undefined,
  );
}, 900_000);
