import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { createUserMetadata, type UserMetadataEngine } from "@usermeta/core";
import { postgresStore } from "@usermeta/store-postgres";
import { sqliteStore } from "@usermeta/store-sqlite";
import { describe, expect, test } from "vitest";
import { freshDatabase } from "../postgres/database.ts";
import { freshPath, start } from "./harness.ts";

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 5);
const GUESTS = 400;

interface Opened {
  readonly address: string;
  readonly metadata: UserMetadataEngine;
  drop(): Promise<unknown>;
}

const inSqlite = async (): Promise<Opened> => {
  const address = freshPath();
  const metadata = createUserMetadata({ store: sqliteStore({ path: address }) });
  return { address, metadata, drop: async () => undefined };
};
const inPostgres = async (): Promise<Opened> => {
  const { url, drop } = await freshDatabase();
  return {
    address: url,
    metadata: createUserMetadata({ store: postgresStore({ connectionString: url }) }),
    drop,
  };
};

/** Runs a mover until it has acknowledged so many moves and is killed; answers how many it has acknowledged. */
const killAfter = async (count: number, address: string, thread: string): Promise<number> => {
  const child = start("mover.ts", address, String(GUESTS), thread);
  const closed = once(child, "close");
  let acknowledged = 0;
  for await (const _ of createInterface({ input: child.stdout as Readable })) {
    acknowledged += 1;
    if (acknowledged === count) child.kill("SIGKILL");
  }
  expect(await closed).toEqual([null, "SIGKILL"]);
  return acknowledged;
};

describe.each([
  { name: "SQLite", open: inSqlite, thread: "" },
  { name: "SQLite on a thread", open: inSqlite, thread: "thread" },
  { name: "PostgreSQL", open: inPostgres, thread: "" },
])("$name", ({ open, thread }) => {
  test("a process that moves documents is killed: each has one of two users, and the next goes on", async () => {
    const { address, metadata, drop } = await open();
    const guests = Array.from({ length: GUESTS }, (_, index) => index);
    await Promise.all(
      guests.map((index) => metadata.updateUserMetadata(`guest-${index}`, { unsafeMetadata: { index } })),
    );
    let moved = 0;
    for (let round = 0; round < ROUNDS; round++) {
      moved = await killAfter(moved + 20 + round, address, thread);
      for (const index of guests) {
        const [guest, user] = await Promise.all(
          ["guest", "user"].map((who) => metadata.getUserMetadata(`${who}-${index}`)),
        );
        expect([guest?.version === 0, user?.version === 0]).toContain(false);
        expect(guest?.version === 0).toBe(user?.version !== 0);
        if (index < moved) expect(user?.unsafeMetadata).toEqual({ index });
      }
    }
    await metadata.close();
    await drop();
  });
});
