import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { sqliteStore } from "@usermeta/store-sqlite";
import { expect, test } from "vitest";
import { engineOn, freshPath, start } from "./harness.ts";

const ROUNDS = 50;

type Acknowledged = readonly [userId: string, key: string];

/** Runs the writer, kills it once it has acknowledged `count` writes, and answers all that it acknowledged. */
async function killAfter(count: number, path: string, round: number): Promise<readonly Acknowledged[]> {
  const child = start("writer.ts", path, String(round));
  const closed = once(child, "close");
  const acknowledged: Acknowledged[] = [];
  // What it wrote before it died is still in the pipe.
  for await (const line of createInterface({ input: child.stdout as Readable })) {
    const [userId = "", key = ""] = line.split(" ");
    acknowledged.push([userId, key]);
    if (acknowledged.length === count) child.kill("SIGKILL");
  }
  expect(await closed).toEqual([null, "SIGKILL"]);
  return acknowledged;
}

/** Those of the acknowledged writes that the file, opened anew, does not have. */
async function missingOf(path: string, acknowledged: readonly Acknowledged[]): Promise<readonly string[]> {
  const metadata = engineOn(sqliteStore({ path }));
  const users = new Set(acknowledged.map(([userId]) => userId));
  const keys = new Map<string, object>();
  for (const userId of users) keys.set(userId, (await metadata.getUserMetadata(userId)).unsafeMetadata);
  await metadata.close();
  return acknowledged.filter(([userId, key]) => !Object.hasOwn(keys.get(userId) ?? {}, key)).map(String);
}

test("a writer killed 50 times in the middle of load: every acknowledged write is there after each restart", async () => {
  const path = freshPath();
  const all: Acknowledged[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // In every other round a second connection stays open, so that the log is not recovered by the next to open it.
    const other = round % 2 === 0 ? undefined : engineOn(sqliteStore({ path }));
    const acknowledged = await killAfter(20 + Math.floor(Math.random() * 180), path, round);
    all.push(...acknowledged);
    expect(await missingOf(path, acknowledged)).toEqual([]);
    await other?.close();
  }
  expect(new Set(all.map(([, key]) => key)).size).toBe(all.length);
  expect(await missingOf(path, all)).toEqual([]);
  // That the check can fail.
  expect(await missingOf(path, [["user-0", "never written"]])).toEqual(["user-0,never written"]);
});
