/** The engine on PostgreSQL beside what one writes by hand, and beside itself with more users. */
import { startPostgres } from "../postgres/server.ts";
import {
  type Benchmark,
  type Child,
  type Contender,
  type Result,
  runAll,
  serverIn,
  type Target,
  workIn,
} from "./harness.ts";

const USERS = 10_000;
/** Over a pool of the app's, of as many connections, which runs a statement at a time on each and prepares none. */
const POOLED = "usermeta, the app's pool";
/** All users are in the engine's memory, and each write tells those who listen. */
const CACHED = "usermeta, cached";

/** Runs the benchmarks on a server of their own, which is gone after them. */
export async function postgresTables(folder: string, load: Child): Promise<readonly Result[]> {
  const server = await startPostgres(["shared_buffers=4GB", "max_wal_size=8GB", "checkpoint_timeout=30min"]);
  try {
    return await runAll([...benchmarks(server.url), ...served(server.url, { folder, load })]);
  } finally {
    await server.remove();
  }
}

function benchmarks(url: string): readonly Benchmark[] {
  const on =
    (operation: string, users = USERS, how = "") =>
    (): Promise<Contender> =>
      workIn("contenders/postgres.ts", [url, operation, String(users), how]);
  const updates = (title: string, users: number, targets: readonly [number, number]): Benchmark => ({
    title: `PostgreSQL, 64 callers, ${title}: updates`,
    unit: "updates/s",
    contenders: {
      usermeta: on("engine-updates", users),
      "a transaction each": on("transaction-updates", users),
      "an upsert each": on("upsert-updates", users),
      "a transaction each, prepared": on("transaction-updates", users, "prepared"),
      "an upsert each, prepared": on("upsert-updates", users, "prepared"),
      [POOLED]: on("engine-updates", users, "pooled"),
      [CACHED]: on("engine-updates", users, "cached"),
    },
    ratios: [
      { of: "usermeta", to: "a transaction each", target: targets[0] },
      { of: "usermeta", to: "an upsert each", target: targets[1] },
      { of: "usermeta", to: "a transaction each, prepared" },
      { of: "usermeta", to: "an upsert each, prepared" },
      { of: POOLED, to: "a transaction each" },
      { of: POOLED, to: "an upsert each" },
      { of: CACHED, to: "usermeta", bound: true },
    ],
  });
  const growth = (kind: "updates" | "reads"): Benchmark =>
    asTheTableGrows({
      title: `PostgreSQL, 64 callers, as the table grows: ${kind}`,
      unit: `${kind}/s`,
      on: (users) => on(`engine-${kind}`, users),
      // The machine changes within a second, and what is asked for is close to what is found.
      rounds: 25,
      roundMs: 400,
    });
  return [
    updates("10,000 users", USERS, [5, 2]),
    updates("one hot user", 1, [10, 2]),
    {
      title: "PostgreSQL, 64 callers, 10,000 users: reads",
      unit: "reads/s",
      contenders: {
        usermeta: on("engine-reads"),
        [POOLED]: on("engine-reads", USERS, "pooled"),
        "a prepared SELECT each": on("select-reads", USERS, "prepared"),
        [CACHED]: on("engine-reads", USERS, "cached"),
      },
      ratios: [
        { of: "usermeta", to: "a prepared SELECT each", target: 3 },
        { of: POOLED, to: "a prepared SELECT each" },
        { of: CACHED, to: "usermeta", bound: true },
      ],
    },
    growth("updates"),
    growth("reads"),
  ];
}

/** What a service has of it. */
function served(url: string, { folder, load }: { folder: string; load: Child }): readonly Benchmark[] {
  const on = (target: Target) => (users: number) => (): Promise<Contender> => {
    const sessions = `table-of-${users}-${target.requests}.json`;
    const args = [folder, url, String(users), sessions];
    return serverIn("contenders/express-table.ts", { args, load, target: { ...target, sessions } });
  };
  const title = "Express on PostgreSQL, 64 connections, as the table grows";
  const updates: Target = { requests: "updates", path: "/updateinfo" };
  const reads: Target = { requests: "reads", path: "/metadata", answer: '"plan":"free"' };
  return [
    asTheTableGrows({ title: `${title}: POST /updateinfo`, unit: "req/s", on: on(updates), rounds: 11 }),
    asTheTableGrows({ title: `${title}: GET /metadata`, unit: "req/s", on: on(reads), rounds: 11 }),
  ];
}

function asTheTableGrows({
  on,
  ...benchmark
}: Omit<Benchmark, "contenders" | "ratios"> & {
  readonly on: (users: number) => () => Promise<Contender>;
}): Benchmark {
  return {
    ...benchmark,
    contenders: {
      "1,000 users": on(1000),
      "100,000 users": on(100_000),
      "1,000,000 users": on(1_000_000),
    },
    ratios: [
      { of: "100,000 users", to: "1,000 users", target: 0.8, bound: true },
      { of: "1,000,000 users", to: "1,000 users", target: 0.8, bound: true },
    ],
  };
}
