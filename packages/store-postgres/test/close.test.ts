import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { execute } from "../../../test/postgres/database.ts";
import { type PostgresServer, startPostgres } from "../../../test/postgres/server.ts";
import { documentsIn, freshUrl, insert, open, update, withName } from "./harness.ts";
import { relayTo } from "./relay.ts";

const NAME = "closes";

/** Stops the processes of a server that answer a store, and lets nobody in, until the test ends. */
const hang = async ({ url, data }: PostgresServer): Promise<void> => {
  const text = `SELECT pid FROM pg_stat_activity WHERE application_name = '${NAME}'`;
  const rows = (await execute(url, text))[0]?.rows ?? [];
  const postmaster = Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[0]);
  const pids: number[] = [postmaster, ...rows.map(({ pid }) => pid)];
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  onTestFinished(() => {
    for (const pid of pids) process.kill(pid, "SIGCONT");
  });
};

/** How many connections this process has. */
const connections = (): number =>
  process.getActiveResourcesInfo().filter((type) => type === "TCPSocketWrap").length;

test.each([
  ["idle", []],
  ["in use", ["ada", "bob", "eve"]],
])(
  "a server that hangs does not hold up close() of a store that is %s, and no connection is left",
  async (_, ids) => {
    const server = await startPostgres(["fsync=off"]);
    onTestFinished(() => server.remove());
    const before = connections();
    const store = open({ connectionString: withName(server.url, NAME), timeoutMs: 2000 });
    await store.write(ids.map((userId) => insert(userId)));
    await hang(server);
    const sent = Promise.allSettled(ids.flatMap((userId) => [store.write([update(userId)]), store.count()]));
    await store.close();
    expect(connections()).toBe(before);
    for (const each of await sent) expect(each).toMatchObject({ reason: { code: "store_unavailable" } });
  },
);

test("what waits for a connection is not sent once the store is closed; what was sent is answered", async () => {
  const url = await freshUrl();
  const ids = Array.from({ length: 12 }, (_, index) => `user ${index}`);
  await open({ connectionString: url }).write(ids.map((userId) => insert(userId)));
  const relay = await relayTo(url);
  const store = open({ connectionString: relay.url });
  await store.write([update("nobody")]);
  const letGo = relay.hold();
  const writes = Promise.allSettled(ids.map((userId) => store.write([update(userId)])));
  await vi.waitFor(() => expect(relay.connections()).toBeGreaterThan(5));
  const closed = store.close();
  letGo();
  await closed;
  const answers = (await writes).map((each) => (each.status === "rejected" ? each.reason.code : each.value));
  const documents = await documentsIn(open({ connectionString: url }), ids);
  expect(documents.map((document) => document?.version === 2)).toEqual(
    answers.map((answer) => answer !== "store_unavailable"),
  );
  expect(answers).toContain("store_unavailable");
  expect(answers).toContainEqual([true]);
});
