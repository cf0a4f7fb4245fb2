import { once } from "node:events";
import { type StoreCapability, testStore } from "@usermeta/conformance/store";
import { TIERS, UserMetadataError } from "@usermeta/core";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { cached, noteOf, setNote } from "../../../test/cached.ts";
import { type Database, execute, freshDatabase } from "../../../test/postgres/database.ts";
import { postgresStore } from "../src/index.ts";
import { counterOn, endConnection, expectFailure, freshUrl, open, withName } from "./harness.ts";
import { type Bouncer, bouncerTo, bouncerVersion, SERVER_CONNECTIONS } from "./pgbouncer.ts";

const title = `behind ${bouncerVersion ?? "PgBouncer [not on the PATH here: apt-get install -y pgbouncer]"}`;
if (bouncerVersion === undefined) console.log(`skipped: ${title}`);

/** The address of a fresh database, directly and through a PgBouncer of its own. */
const freshUrls = async (): Promise<{ direct: string; pooled: string; bouncer: Bouncer }> => {
  const direct = await freshUrl();
  const bouncer = await bouncerTo(direct);
  onTestFinished(() => bouncer.remove());
  return { direct, pooled: bouncer.through(direct), bouncer };
};

const userOf = (index: number): string => `user ${index}`;

const OTHERS = "datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";

/** Kills PgBouncer while a write waits in the server, which then does it. */
const loseAnswer = async (direct: string, bouncer: Bouncer): Promise<void> => {
  const other = new pg.Client({ connectionString: direct });
  await other.connect();
  const found = async (text: string): Promise<boolean> => (await other.query(text)).rowCount !== 0;
  try {
    await other.query("BEGIN");
    await other.query(`SELECT FROM usermeta_documents WHERE user_id = '${userOf(0)}' FOR UPDATE`);
    const waits = "SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))";
    while (!(await found(waits)));
    await bouncer.kill();
    await other.query("COMMIT");
    while (await found(`SELECT FROM pg_stat_activity WHERE ${OTHERS}`));
  } finally {
    await other.end();
  }
};

const countsIn = async (url: string): Promise<Record<string, number>> => {
  const text = `SELECT user_id, (public_metadata->>'count')::int AS count FROM usermeta_documents`;
  const [result] = await execute(url, text);
  return Object.fromEntries(result?.rows.map(({ user_id, count }) => [user_id, count]) ?? []);
};

describe.skipIf(bouncerVersion === undefined)(title, () => {
  describe("what every store does", () => {
    let database: Database;
    let bouncer: Bouncer;
    let schemas = 0;
    beforeAll(async () => {
      database = await freshDatabase();
      bouncer = await bouncerTo(database.url);
    });
    afterAll(async () => {
      await bouncer.remove();
      await database.drop();
    });
    const create = () => {
      const schema = `test-${schemas++}`;
      const connectionString = bouncer.through(database.url);
      const listenConnectionString = withName(database.url, `listens ${schema}`);
      const reopen = () => postgresStore({ connectionString, schema, search: TIERS, listenConnectionString });
      const remove = () => execute(database.url, `DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
      const interrupt = async () => {
        await endConnection(database.url, `listens ${schema}`);
        // It connects again by itself.
        return () => undefined;
      };
      return { store: reopen(), reopen, remove, interrupt, toldWithinMs: 1000 };
    };
    const capabilities: StoreCapability[] = ["persistent", "closable", "searchable", "atomic", "journaling"];
    testStore({ test, create, capabilities: [...capabilities, "subscribable", "interruptible"] });
  });

  test("two engines of 10 connections each share the few to the server, and lose no update", async () => {
    const { direct, pooled } = await freshUrls();
    const counters = [0, 1].map(() => counterOn(open({ connectionString: pooled })));
    const calls = counters.flatMap((count) =>
      Array.from({ length: 200 }, (_, index) => count(userOf(index % 5))),
    );
    await Promise.all(calls);
    expect(await countsIn(direct)).toEqual(
      Object.fromEntries([0, 1, 2, 3, 4].map((user) => [userOf(user), 80])),
    );
    const text = `SELECT count(*)::int AS connections FROM pg_stat_activity WHERE ${OTHERS}`;
    const [result] = await execute(direct, text);
    expect(result?.rows).toEqual([{ connections: SERVER_CONNECTIONS }]);
  });

  test("the tables are made once by ten stores that start at once", async () => {
    const { direct, pooled } = await freshUrls();
    const stores = Array.from({ length: 10 }, () =>
      open({ connectionString: pooled, search: TIERS, listenConnectionString: direct }),
    );
    await Promise.all(stores.map((store) => store.migrate()));
    const counts = await Promise.all(stores.map((store) => counterOn(store)("ada")));
    expect(counts.map(Number).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("killed and started under load, five times: every acknowledged increment is there, once", async () => {
    const { direct, pooled, bouncer } = await freshUrls();
    const counters = [0, 1].map(() => counterOn(open({ connectionString: pooled })));
    const acknowledged: Record<string, number> = {};
    const refused = new Set<string>();
    let goal = { left: 0, reached: (): void => undefined };
    let stopped = false;
    const caller = async (index: number): Promise<void> => {
      const user = userOf(index % 10);
      while (!stopped) {
        try {
          await counters[index % 2]?.(user);
          acknowledged[user] = (acknowledged[user] ?? 0) + 1;
          goal.left -= 1;
          if (goal.left === 0) goal.reached();
        } catch (error) {
          refused.add(UserMetadataError.is(error) ? error.code : String(error));
        }
      }
    };
    const progress = (): Promise<void> =>
      new Promise((reached) => {
        goal = { left: 300, reached };
      });
    const callers = Array.from({ length: 40 }, (_, index) => caller(index));
    for (let round = 0; round < 5; round++) {
      await progress();
      await (round % 2 === 0 ? bouncer.kill() : loseAnswer(direct, bouncer));
      await bouncer.start();
    }
    await progress();
    stopped = true;
    await Promise.all(callers);
    // What was refused could not be read, and so was never written; no outcome is left unknown.
    expect([...refused].filter((code) => code !== "store_unavailable")).toEqual([]);
    expect(await countsIn(direct)).toEqual(acknowledged);
  });

  test("a cache that would listen through it is never trusted: each read goes to the server", async () => {
    const { direct, pooled } = await freshUrls();
    const warning = once(process, "warning");
    await open({ connectionString: direct, listenConnectionString: direct }).migrate();
    const ours = cached(
      postgresStore({ connectionString: pooled, listenConnectionString: pooled, timeoutMs: 1000 }),
      2000,
    );
    await noteOf(ours.metadata);
    const [{ message }] = (await warning) as [Error];
    expect(message).toContain("not through a PgBouncer that pools transactions");
    const theirs = cached(postgresStore({ connectionString: pooled, listenConnectionString: direct }), 2000);
    for (const note of ["one", "two", "three"]) {
      await setNote(theirs.metadata, note);
      const before = ours.reads.length;
      expect(await noteOf(ours.metadata)).toBe(note);
      expect(ours.reads).toHaveLength(before + 1);
    }
  });

  test("a cache that listens directly hears what others write through it", async () => {
    const { direct, pooled } = await freshUrls();
    const ours = cached(postgresStore({ connectionString: pooled, listenConnectionString: direct }), 2000);
    const theirs = cached(postgresStore({ connectionString: pooled, listenConnectionString: direct }), 2000);
    const fromMemory = async (): Promise<unknown> => {
      for (;;) {
        const before = ours.reads.length;
        const note = await noteOf(ours.metadata);
        if (ours.reads.length === before) return note;
      }
    };
    expect(await fromMemory()).toBeUndefined();
    await setNote(theirs.metadata, "theirs");
    while ((await fromMemory()) !== "theirs");
    await setNote(ours.metadata, "ours");
    expect(await fromMemory()).toBe("ours");
  });

  test("prepared statements of which it knows nothing: a code and what to do, and no increment twice or lost", async () => {
    const { direct, pooled } = await freshUrls();
    const refusal = { code: "options_invalid", named: "Set prepare: false" } as const;
    await counterOn(open({ connectionString: direct }))("ada");
    const store = open({ connectionString: pooled, prepare: true });
    await store.read(["ada"]);
    // It takes the connection to the server in which the statement is prepared.
    const other = new pg.Client({ connectionString: pooled });
    await other.connect();
    await other.query("BEGIN");
    const missing = await expectFailure(() => store.read(["ada"]), refusal);
    expect(missing.cause).toHaveProperty("code", "26000");
    await other.end();
    const reads = () => Promise.all(Array.from({ length: 20 }, () => store.read(["ada"])));
    const twice = await expectFailure(reads, refusal);
    expect(twice.cause).toHaveProperty("code", "42P05");

    const count = counterOn(store);
    let acknowledged = 1;
    for (let round = 0; round < 20; round++) {
      await Promise.all([
        reads().catch(() => undefined),
        count("ada").then(
          () => (acknowledged += 1),
          (error) => expect(error).toMatchObject({ code: refusal.code }),
        ),
      ]);
    }
    expect(await countsIn(direct)).toEqual({ ada: acknowledged });
  });
});
