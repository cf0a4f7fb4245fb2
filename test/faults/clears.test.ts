import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { freshDatabase } from "../postgres/database.ts";
import { freshPath, start } from "./harness.ts";

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 10);
/** Of three processes at once: one is right, one an hour slow, one a minute fast. */
const CLOCKS_MS = [0, -3_600_000, 60_000];

/** Runs a writer until it has acknowledged so many documents and is killed; answers all that it acknowledged. */
async function killAfter(count: number, address: string, clockMs: number): Promise<readonly string[]> {
  const child = start("clearing-writer.ts", address, String(clockMs));
  const closed = once(child, "close");
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout as Readable })) {
    acknowledged.push(line);
    if (acknowledged.length === count) child.kill("SIGKILL");
  }
  expect(await closed).toEqual([null, "SIGKILL"]);
  return acknowledged;
}

const databases: readonly [string, () => Promise<{ address: string; drop: () => Promise<unknown> }>][] = [
  ["SQLite", async () => ({ address: freshPath(), drop: async () => undefined })],
  [
    "PostgreSQL",
    async () => {
      const { url, drop } = await freshDatabase();
      return { address: url, drop };
    },
  ],
];

describe.each(databases)("%s", (_, open) => {
  test("three writers whose clocks differ create, clear and are killed: a user has each version once", async () => {
    const { address, drop } = await open();
    const all: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const killed = CLOCKS_MS.map((clockMs) => killAfter(50 + 7 * round, address, clockMs));
      all.push(...(await Promise.all(killed)).flat());
    }
    expect(all.length).toBeGreaterThan(ROUNDS * 3 * 50);
    const seen = new Set<string>();
    const twice = all.filter((line) => seen.size === seen.add(line).size);
    expect(twice).toEqual([]);
    await drop();
  });
});
