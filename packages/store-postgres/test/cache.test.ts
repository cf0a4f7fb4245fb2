import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createUserMetadata, type UserMetadataEngine } from "@usermeta/core";
import { expect, onTestFinished, test } from "vitest";
import { cached, noteOf, setNote } from "../../../test/cached.ts";
import { execute } from "../../../test/postgres/database.ts";
import { type PostgresStoreOptions, postgresStore } from "../src/index.ts";
import { endConnection, freshUrl, insert, open, poolOn, withName, withSetting } from "./harness.ts";

/** The bound that the README states. */
const BOUND_MS = 1000;

/** An engine with a cache, and the users whom it has read from the server. */
const cachedOn = (options: PostgresStoreOptions): ReturnType<typeof cached> =>
  cached(postgresStore(options), 2000);

/** Reads until memory answers; fails by the test's own limit. */
const warm = async ({ metadata, reads }: ReturnType<typeof cachedOn>): Promise<void> => {
  for (;;) {
    const before = reads.length;
    await noteOf(metadata);
    if (reads.length === before) return;
  }
};

/** Reads until the note is there, and fails where a read that began after the bound does not have it. */
const seenInTime = async (metadata: UserMetadataEngine, note: unknown, userId = "ada"): Promise<void> => {
  const acknowledgedAt = performance.now();
  for (;;) {
    const late = performance.now() - acknowledgedAt > BOUND_MS;
    const found = await noteOf(metadata, userId);
    if (found === note) return;
    expect(late, `read ${found} instead of ${note} after the bound`).toBe(false);
  }
};

/** The name of the connections that listen. */
const LISTENER = "listener";

test("what another process wrote is read within the bound, and what nobody wrote comes from memory", async () => {
  const connectionString = await freshUrl();
  const [ours, theirs] = [0, 1].map(() =>
    cachedOn({ connectionString, listenConnectionString: connectionString }),
  ) as [ReturnType<typeof cachedOn>, ReturnType<typeof cachedOn>];
  await warm(ours);
  for (let round = 0; round < 20; round++) {
    await setNote(theirs.metadata, `theirs ${round}`);
    await seenInTime(ours.metadata, `theirs ${round}`);
  }
  await theirs.metadata.clearUserMetadata("ada");
  await seenInTime(ours.metadata, undefined);
  await warm(ours);
  const before = ours.reads.length;
  for (let round = 0; round < 50; round++) await noteOf(ours.metadata);
  expect(ours.reads).toHaveLength(before);
});

test("our own writes are read at once, and stay in memory when the server tells of them", async () => {
  const connectionString = await freshUrl();
  const ours = cachedOn({ connectionString, listenConnectionString: connectionString });
  await warm(ours);
  expect(await noteOf(ours.metadata, "bob")).toBeUndefined();
  for (let round = 0; round < 50; round++) {
    await setNote(ours.metadata, `ours ${round}`);
    expect(await noteOf(ours.metadata)).toBe(`ours ${round}`);
  }
  const theirs = createUserMetadata({ store: open({ connectionString }) });
  /** After a change of somebody else's has been heard, all that was told before has been heard too. */
  const allHeard = async (note: string): Promise<void> => {
    await theirs.updateUserMetadata("bob", { publicMetadata: { note } });
    await seenInTime(ours.metadata, note, "bob");
  };
  // What is told late of a write, when the next is already in memory, takes that out of it.
  await allHeard("before");
  await setNote(ours.metadata, "ours at last");
  await allHeard("after");
  const before = ours.reads.length;
  expect(await noteOf(ours.metadata)).toBe("ours at last");
  expect(ours.reads).toHaveLength(before);
});

test("whoever writes: a store without the option, many users in a statement, SQL by hand", async () => {
  const connectionString = await freshUrl();
  const ours = cachedOn({ connectionString, listenConnectionString: connectionString });
  await warm(ours);
  // Ids of which a hundred do not fit into one message, and some in need of escapes.
  const ids = Array.from({ length: 1500 }, (_, index) => `"${"ü".repeat(index % 2 ? 5 : 100)}\\ ${index}`);
  const read = async (): Promise<unknown[]> =>
    Promise.all(ids.map((userId) => noteOf(ours.metadata, userId)));
  expect(new Set(await read())).toEqual(new Set([undefined]));
  await open({ connectionString }).write(ids.map((userId) => insert(userId)));
  for (const userId of ids) await seenInTime(ours.metadata, "hello", userId);
  await execute(
    connectionString,
    `UPDATE usermeta_documents SET public_metadata = '{"note":"by hand"}', version = version + 1`,
  );
  for (const userId of ids) await seenInTime(ours.metadata, "by hand", userId);
  await execute(connectionString, "TRUNCATE usermeta_documents");
  for (const userId of ids) await seenInTime(ours.metadata, undefined, userId);
});

test("a listening connection that is lost: the server is read until it is back, then memory again", async () => {
  const connectionString = await freshUrl();
  const ours = cachedOn({ connectionString, listenConnectionString: withName(connectionString, LISTENER) });
  const theirs = createUserMetadata({ store: open({ connectionString }) });
  await setNote(theirs, "before");
  await warm(ours);
  const warning = once(process, "warning");
  for (let round = 0; round < 3; round++) {
    await noteOf(ours.metadata, "bob");
    await endConnection(connectionString, LISTENER);
    await theirs.updateUserMetadata("bob", { publicMetadata: { note: `bob ${round}` } });
    await setNote(theirs, `while away ${round}`);
    await seenInTime(ours.metadata, `while away ${round}`);
    await warm(ours);
    expect(await noteOf(ours.metadata)).toBe(`while away ${round}`);
    // Of whom nobody asked while it was away.
    await seenInTime(ours.metadata, `bob ${round}`, "bob");
  }
  expect(await warning).toMatchObject([{ code: "USERMETA_CACHE_BYPASSED" }]);
});

/** A network that can stop to deliver, without an end of any connection. */
const networkTo = async (url: string): Promise<{ url: string; stop(): void; goOn(): void }> => {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(Number(target.port), target.hostname);
    client.pipe(server).pipe(client);
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  target.port = String((proxy.address() as AddressInfo).port);
  const own = target.href;
  target.port = new URL(url).port;
  return {
    url: own,
    stop: () => {
      for (const socket of sockets) socket.pause();
    },
    goOn: () => {
      for (const socket of sockets) socket.resume();
    },
  };
};

test("a network that falls silent: no read is older than the bound, and nothing is missed when it speaks again", async () => {
  const connectionString = await freshUrl();
  const network = await networkTo(connectionString);
  const ours = cachedOn({ connectionString, listenConnectionString: network.url });
  const theirs = createUserMetadata({ store: open({ connectionString }) });
  await setNote(theirs, "before");
  await warm(ours);
  network.stop();
  await setNote(theirs, "in silence");
  await seenInTime(ours.metadata, "in silence");
  await setNote(theirs, "later");
  // From memory nothing can come any more.
  expect(await noteOf(ours.metadata)).toBe("later");
  network.goOn();
  await warm(ours);
  expect(await noteOf(ours.metadata)).toBe("later");
  await setNote(theirs, "heard");
  await seenInTime(ours.metadata, "heard");
});

test("a connection that hears nothing is not trusted: reads go to the server, and a warning says why", async () => {
  const connectionString = await freshUrl();
  // As behind a PgBouncer that pools transactions: it takes LISTEN, and tells of nothing.
  const elsewhere = await freshUrl();
  const warning = once(process, "warning");
  const ours = cachedOn({ connectionString, listenConnectionString: elsewhere, timeoutMs: 1000 });
  const theirs = createUserMetadata({ store: open({ connectionString }) });
  await noteOf(ours.metadata);
  const [{ message }] = (await warning) as [Error];
  expect(message).toContain("listenConnectionString must lead to the same database");
  for (const note of ["one", "two"]) {
    await setNote(theirs, note);
    expect(await noteOf(ours.metadata)).toBe(note);
  }
});

test("triggers that are gone are made again, and nothing is taken from memory meanwhile", async () => {
  const connectionString = await freshUrl();
  const ours = cachedOn({ connectionString, listenConnectionString: connectionString });
  const theirs = createUserMetadata({ store: open({ connectionString }) });
  await setNote(theirs, "before");
  await warm(ours);
  const warning = once(process, "warning");
  await execute(connectionString, "DROP FUNCTION usermeta_documents_changed CASCADE");
  await warning;
  await setNote(theirs, "unheard");
  expect(await noteOf(ours.metadata)).toBe("unheard");
  await warm(ours);
  await setNote(theirs, "heard");
  await seenInTime(ours.metadata, "heard");
});

test("without listenConnectionString there is no cache, and no trigger", async () => {
  const connectionString = await freshUrl();
  const store = open({ connectionString });
  expect(() => createUserMetadata({ store, cache: { maxUsers: 1 } })).toThrow(
    expect.objectContaining({ code: "options_invalid" }),
  );
  await store.migrate();
  const text = "SELECT FROM pg_trigger WHERE tgname LIKE 'usermeta%'";
  expect((await execute(connectionString, text))[0]?.rowCount).toBe(0);
});

test("a pool of the app, a schema and a table of its own, and a role that may not create", async () => {
  const connectionString = await freshUrl();
  const tables = { schema: "App-Data", table: "T-1" };
  await open({ connectionString, ...tables, listenConnectionString: connectionString }).migrate();
  await execute(
    connectionString,
    "CREATE ROLE usermeta_clerk",
    `GRANT USAGE ON SCHEMA "App-Data" TO usermeta_clerk`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "App-Data" TO usermeta_clerk`,
  );
  onTestFinished(async () => {
    await execute(connectionString, "DROP OWNED BY usermeta_clerk", "DROP ROLE usermeta_clerk");
  });
  const url = withSetting(connectionString, "role=usermeta_clerk");
  const pool = poolOn({ connectionString: url });
  const ours = cachedOn({ pool, ...tables, listenConnectionString: url });
  await warm(ours);
  const theirs = createUserMetadata({ store: open({ connectionString, ...tables }) });
  await setNote(theirs, "theirs");
  await seenInTime(ours.metadata, "theirs");
});

test("a listening connection that is never answered keeps neither reads nor close() waiting", async () => {
  const connectionString = await freshUrl();
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  onTestFinished(() => void silent.close());
  const asked = once(silent, "connection");
  const { port } = silent.address() as AddressInfo;
  const listenConnectionString = `postgres://ada@127.0.0.1:${port}/ada`;
  const { metadata } = cachedOn({ connectionString, listenConnectionString, timeoutMs: 60_000 });
  await setNote(metadata, "here");
  expect(await noteOf(metadata)).toBe("here");
  await asked;
  await metadata.close();
});
