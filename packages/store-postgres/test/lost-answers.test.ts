import { expect, test, vi } from "vitest";
import { execute } from "../../../test/postgres/database.ts";
import { counterOn, expectFailure, freshUrl, insert, open, withLine } from "./harness.ts";
import { proxyTo } from "./proxy.ts";

test("the answer to a write is lost: it is found out which swaps were applied", async () => {
  const url = await freshUrl();
  const network = await proxyTo(url);
  const store = open({ connectionString: network.url });
  await store.write([insert("kept")]);
  const lost = network.next("answer lost");
  expect(await store.write([insert("ada"), insert("kept"), insert("bob")])).toEqual([true, false, true]);
  await lost;
  expect(await store.read(["ada", "bob"])).toEqual([insert("ada").next, insert("bob").next]);
});

test("a write is lost: no swap is applied", async () => {
  const network = await proxyTo(await freshUrl());
  const store = open({ connectionString: network.url });
  await store.migrate();
  const lost = network.next("request lost");
  expect(await store.write([insert("ada"), insert("bob")])).toEqual([false, false]);
  await lost;
  expect(await store.read(["ada", "bob"])).toEqual([undefined, undefined]);
});

test.each(["answer lost", "request lost", "request late"] as const)(
  "%s: lines are there if and only if their writes are",
  async (accident) => {
    const network = await proxyTo(await freshUrl());
    const store = open({ connectionString: network.url });
    await store.write([withLine(insert("kept"))]);
    const lost = network.next(accident);
    const isWritten = accident === "answer lost";
    const changes = [withLine(insert("ada")), withLine(insert("kept", "another"))];
    expect(await store.write(changes)).toEqual([isWritten, false]);
    await lost;
    await network.deliver();
    expect((await store.read(["ada"]))[0] !== undefined).toBe(isWritten);
    const versions = await store.journal.read({ subject: "ada", before: 9, limit: 9 });
    expect(versions).toHaveLength(isWritten ? 1 : 0);
  },
);

test("a write that reaches the server after its callers were told that it is lost does nothing", async () => {
  const network = await proxyTo(await freshUrl());
  const store = open({ connectionString: network.url });
  await store.migrate();
  const lost = network.next("request late");
  expect(await store.write([insert("ada")])).toEqual([false]);
  await lost;
  await network.deliver();
  expect(await store.read(["ada"])).toEqual([undefined]);
});

test("whatever is lost, an increment is counted once, also where another process builds on it at once", async () => {
  const url = await freshUrl();
  const network = await proxyTo(url);
  const unlucky = counterOn(open({ connectionString: network.url }));
  const other = counterOn(open({ connectionString: url }));
  await other("ada");
  for (const accident of ["answer lost", "request lost", "request late"] as const) {
    for (let round = 0; round < 5; round++) {
      const lost = network.next(accident);
      const counted = unlucky("ada");
      await lost;
      await other("ada");
      await other("ada");
      await counted;
      await network.deliver();
    }
  }
  const [result] = await execute(url, "SELECT public_metadata->>'count' AS count FROM usermeta_documents");
  expect(result?.rows).toEqual([{ count: "46" }]);
});

test("outcomes are kept for an hour, then forgotten", async () => {
  const connectionString = await freshUrl();
  await open({ connectionString }).write([insert("ada")]);
  const idOf = (time: number): string => `${time.toString(16).padStart(12, "0")}${"0".repeat(20)}`;
  const [old, young] = [3_660_000, 3_540_000].map((age) => idOf(Date.now() - age));
  await execute(connectionString, `INSERT INTO usermeta_documents_writes VALUES ('${old}'), ('${young}')`);
  await open({ connectionString }).write([insert("bob")]);
  const text = "SELECT replace(id::text, '-', '') AS id FROM usermeta_documents_writes";
  const idsOf = async () => (await execute(connectionString, text))[0]?.rows.map(({ id }) => id);
  await vi.waitFor(async () => expect(await idsOf()).not.toContain(old));
  const ids = await idsOf();
  expect(ids).toContain(young);
  expect(ids).toHaveLength(3);
});

test("a server that cannot be reached is told with a code, and without the password", async () => {
  const network = await proxyTo(await freshUrl());
  const gone = new URL(network.url);
  gone.port = "1";
  const store = open({ connectionString: gone.href, timeoutMs: 500 });
  const error = await expectFailure(() => store.read(["ada"]), { code: "store_unavailable" });
  expect(error.message).not.toContain(gone.password);
});
