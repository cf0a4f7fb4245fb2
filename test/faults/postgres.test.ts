import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createUserMetadata, type UserMetadataEngine, UserMetadataError } from "@usermeta/core";
import { postgresStore } from "@usermeta/store-postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { messageOf } from "../child-process.ts";
import { execute } from "../postgres/database.ts";
import { type PostgresServer, startPostgres } from "../postgres/server.ts";
import { start } from "./harness.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.remove());

const engine = (table: string): UserMetadataEngine =>
  createUserMetadata({ store: postgresStore({ connectionString: server.url, table }) });

const increment = (metadata: UserMetadataEngine, userId: string): Promise<unknown> =>
  metadata.mutateUserMetadata(userId, ({ publicMetadata: { count } }) => ({
    publicMetadata: { count: Number(count ?? 0) + 1 },
  }));

const countOf = async (metadata: UserMetadataEngine, userId: string): Promise<number> =>
  Number((await metadata.getUserMetadata(userId)).publicMetadata.count ?? 0);

test("a server that is killed and started under load, five times: every acknowledged increment is there, once", async () => {
  const USERS = 20;
  // Two engines, as two processes: what one has written, the other builds on before it is known.
  const engines = [engine("restarts"), engine("restarts")];
  const acknowledged = Array.from({ length: USERS }, () => 0);
  const refused = new Map<string, number>();
  let total = 0;
  let stopped = false;
  let goal = { total: 0, reached: (): void => undefined };
  const progress = (by: number): Promise<void> =>
    new Promise((reached) => {
      goal = { total: total + by, reached };
    });
  const caller = async (index: number): Promise<void> => {
    const user = index % USERS;
    const metadata = engines[index % 2] as UserMetadataEngine;
    while (!stopped) {
      try {
        await increment(metadata, `user ${user}`);
        acknowledged[user] = (acknowledged[user] ?? 0) + 1;
        total += 1;
        if (total === goal.total) goal.reached();
      } catch (error) {
        const code = UserMetadataError.is(error) ? error.code : String(error);
        refused.set(code, (refused.get(code) ?? 0) + 1);
      }
    }
  };
  const callers = Array.from({ length: 64 }, (_, index) => caller(index));
  for (let restart = 0; restart < 5; restart++) {
    await progress(300);
    await server.restart(restart % 2 === 0 ? "immediate" : "fast");
  }
  await progress(300);
  stopped = true;
  await Promise.all(callers);

  // What was refused could not be read, and so was never written; no outcome is left unknown.
  expect([...refused.keys()].filter((code) => code !== "store_unavailable")).toEqual([]);
  const [metadata = engine("restarts")] = engines;
  const counts = await Promise.all(acknowledged.map((_, user) => countOf(metadata, `user ${user}`)));
  expect(counts).toEqual(acknowledged);
  await Promise.all(engines.map((each) => each.close()));
});

test("4 processes × 1,000 increments of one counter while the server is killed: each acknowledged one counts once", async () => {
  const children = Array.from({ length: 4 }, () => start("increment-postgres.ts", server.url, "1000"));
  await Promise.all(children.map(messageOf));
  const exits = children.map((child) => once(child, "exit"));
  const ended = children.map(messageOf);
  for (const child of children) child.send("go");
  const metadata = engine("counter");
  while ((await countOf(metadata, "jane")) < 500);
  await server.restart("immediate");
  const results = (await Promise.all(ended)) as { acknowledged: number; refused: number }[];
  await Promise.all(exits);
  const sum = (key: "acknowledged" | "refused"): number => results.reduce((all, each) => all + each[key], 0);
  expect(sum("acknowledged") + sum("refused")).toBe(4000);
  expect(await countOf(metadata, "jane")).toBe(sum("acknowledged"));
  await metadata.close();
});

test("a standby answers reads and refuses writes; promoted, it takes them again", async () => {
  const metadata = engine("standby");
  await increment(metadata, "jane");
  writeFileSync(join(server.data, "standby.signal"), "");
  await server.restart("fast");
  await expect(increment(metadata, "jane")).rejects.toMatchObject({ code: "store_read_only", status: 503 });
  expect(await countOf(metadata, "jane")).toBe(1);
  await execute(server.url, "SELECT pg_promote()");
  await increment(metadata, "jane");
  expect(await countOf(metadata, "jane")).toBe(2);
  await metadata.close();
});
