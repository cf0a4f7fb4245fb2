/** The engine on PostgreSQL beside what one writes by hand, and beside itself with more users. */
import { startPostgres } from "../postgres/server.ts";
import { type Benchmark, type Contender, type Result, runAll, workIn } from "./harness.ts";

const USERS = 10_000;

/** Runs the benchmarks on a server of their own, which is gone after them. */
export async function postgresTables(): Promise<readonly Result[]> {
  const server = await startPostgres(["shared_buffers=4GB", "max_wal_size=8GB", "checkpoint_timeout=30min"]);
  try {
    return await runAll(benchmarks(server.url));
  } finally {
    await server.remove();
  }
}

function benchmarks(url: string): readonly Benchmark[] {
  const on =
    (operation: string, users = USERS) =>
    (): Promise<Contender> =>
      workIn("contenders/postgres.ts", [url, operation, String(users)]);
  const prepared =
    (operation: string, users = USERS) =>
    (): Promise<Contender> =>
      workIn("contenders/postgres.ts", [url, operation, String(users), "prepared"]);
  const updates = (title: string, users: number, targets: readonly [number, number]): Benchmark => ({
    title: `PostgreSQL, 64 callers, ${title}: updates`,
    unit: "updates/s",
    contenders: {
      usermeta: on("engine-updates", users),
      "a transaction each": on("transaction-updates", users),
      "an upsert each": on("upsert-updates", users),
      "usermeta, prepared": prepared("engine-updates", users),
      "a transaction each, prepared": prepared("transaction-updates", users),
      "an upsert each, prepared": prepared("upsert-updates", users),
    },
    ratios: [
      { of: "usermeta", to: "a transaction each", target: targets[0] },
      { of: "usermeta", to: "an upsert each", target: targets[1] },
      { of: "usermeta, prepared", to: "a transaction each, prepared", target: targets[0] },
      { of: "usermeta, prepared", to: "an upsert each, prepared", target: targets[1] },
    ],
  });
  const growth = (kind: "updates" | "reads"): Benchmark => ({
    title: `PostgreSQL, 64 callers, as the table grows: ${kind}`,
    unit: `${kind}/s`,
    contenders: {
      "1,000 users": on(`engine-${kind}`, 1000),
      "100,000 users": on(`engine-${kind}`, 100_000),
      "1,000,000 users": on(`engine-${kind}`, 1_000_000),
    },
    ratios: [
      { of: "100,000 users", to: "1,000 users", target: 0.8, bound: true },
      { of: "1,000,000 users", to: "1,000 users", target: 0.8, bound: true },
    ],
  });
  return [
    updates("10,000 users", USERS, [5, 2]),
    updates("one hot user", 1, [10, 2]),
    {
      title: "PostgreSQL, 64 callers, 10,000 users: reads",
      unit: "reads/s",
      contenders: {
        usermeta: on("engine-reads"),
        "usermeta, prepared": prepared("engine-reads"),
        "a prepared SELECT each": prepared("select-reads"),
      },
      ratios: [
        { of: "usermeta", to: "a prepared SELECT each", target: 3 },
        { of: "usermeta, prepared", to: "a prepared SELECT each", target: 3 },
      ],
    },
    growth("updates"),
    growth("reads"),
  ];
}
