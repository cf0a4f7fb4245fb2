import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type Store, type StoredEntry, UserMetadataError } from "@usermeta/core";
import { postgresStore } from "@usermeta/store-postgres";
import { sqliteStore } from "@usermeta/store-sqlite";
import { expect, onTestFinished, test } from "vitest";
import { startPostgres } from "../postgres/server.ts";
import { freshPath, start } from "./harness.ts";

/** Of each of the two databases; 200 take some minutes. */
const KILLS = Number(process.env.HISTORY_KILLS ?? 4);
const USERS = Array.from({ length: 16 }, (_, index) => `user-${index}`);

/** Runs the writer, calls `onCount` with how many writes it has acknowledged, and answers those when it is dead. */
async function acknowledgedBy(
  where: string,
  onCount: (count: number, writer: ChildProcess) => void,
): Promise<Map<string, number>> {
  const writer = start("history-writer.ts", where);
  const closed = once(writer, "close");
  const acknowledged = new Map<string, number>();
  let count = 0;
  for await (const userId of createInterface({ input: writer.stdout as Readable })) {
    acknowledged.set(userId, (acknowledged.get(userId) ?? 0) + 1);
    count += 1;
    onCount(count, writer);
  }
  expect(await closed).toEqual([null, "SIGKILL"]);
  return acknowledged;
}

const entriesOf = async ({ journal }: Store, subject: string): Promise<readonly StoredEntry[]> =>
  (await journal?.read({ subject, before: Number.MAX_SAFE_INTEGER, limit: 1_000_000 })) ?? [];

/** Fails unless each user has an entry for each increment, and the other way round; answers how many there are. */
async function countBoth(store: Store): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const documents = await store.read(USERS);
  for (const [index, userId] of USERS.entries()) {
    const document = documents[index];
    if (UserMetadataError.is(document)) throw document;
    const entries = await entriesOf(store, userId);
    const previous = entries.map(({ body }) => JSON.parse(body).previous);
    expect([...entries.map(({ version }) => version), 0]).toEqual([document?.version ?? 0, ...previous]);
    expect(entries).toHaveLength(Number(document?.public.count ?? 0));
    counts.set(userId, entries.length);
  }
  return counts;
}

/** Kills in many rounds, and counts after each. */
async function killAndCount(
  where: string,
  open: () => Store,
  onCount: (count: number, writer: ChildProcess, round: number) => void,
): Promise<void> {
  const acknowledged = new Map<string, number>();
  for (let round = 0; round < KILLS; round++) {
    const more = await acknowledgedBy(where, (count, writer) => onCount(count, writer, round));
    for (const [userId, count] of more) acknowledged.set(userId, (acknowledged.get(userId) ?? 0) + count);
    const store = open();
    const counts = await countBoth(store);
    await store.close?.();
    for (const [userId, count] of acknowledged) expect(counts.get(userId)).toBeGreaterThanOrEqual(count);
  }
}

test(`SQLite, a writer killed ${KILLS} times under load: no entry without its write, no write without its entry`, async () => {
  const path = freshPath();
  const deadAfter = 50 + Math.floor(Math.random() * 300);
  const open = () => sqliteStore({ path });
  await killAndCount(path, open, (count, writer) => {
    if (count === deadAfter) writer.kill("SIGKILL");
  });
}, 3_600_000);

test(`PostgreSQL, a writer or the server killed ${KILLS} times under load: no entry without its write, no write without its entry`, async () => {
  const server = await startPostgres();
  onTestFinished(() => server.remove());
  const open = () => postgresStore({ connectionString: server.url });
  const deadAfter = 50 + Math.floor(Math.random() * 300);
  let restarted: Promise<void> | undefined;
  await killAndCount(server.url, open, (count, writer, round) => {
    if (round % 2 === 1 && count === deadAfter) restarted = server.restart("kill");
    if (count === (round % 2 === 1 ? 2 : 1) * deadAfter + 64) writer.kill("SIGKILL");
  });
  await restarted;
}, 3_600_000);
