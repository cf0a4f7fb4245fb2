/** The whole path over HTTP beside better-auth, on the same framework and the same database. */
import { startPostgres } from "../postgres/server.ts";
import { type Benchmark, type Child, type Result, runAll, serverIn, type Target } from "./harness.ts";

const TARGET = 15;
/** Each is a sign-up for better-auth. */
const USERS = 256;
const OURS = { updates: "/updateinfo", reads: "/metadata" };
const PEERS = {
  updates: { path: "/api/auth/update-user", answer: '"status":true' },
  reads: { path: "/api/auth/get-session", answer: '"name":"{user}"' },
};

interface Setting {
  readonly folder: string;
  readonly load: Child;
  readonly framework: string;
  readonly database: string;
  /** The URL of a PostgreSQL server; none for a SQLite file. */
  readonly url?: string;
}

/** Runs the benchmarks, those on PostgreSQL on a server of their own, which is gone after them. */
export async function peers(folder: string, load: Child): Promise<readonly Result[]> {
  const server = await startPostgres();
  const databases = [{ database: "SQLite" }, { database: "PostgreSQL", url: server.url }];
  try {
    const settings = ["express", "fastify"].flatMap((framework) =>
      databases.map((where) => ({ folder, load, framework, ...where })),
    );
    return await runAll(
      settings.flatMap((setting) => [beside("updates", setting), beside("reads", setting)]),
    );
  } finally {
    await server.remove();
  }
}

function beside(requests: "updates" | "reads", setting: Setting): Benchmark {
  const { folder, load, framework, database, url = "sqlite" } = setting;
  const server = (file: string, target: Omit<Target, "requests">, ...more: readonly string[]) => {
    const args = [folder, framework, url, ...more];
    return () =>
      serverIn(`contenders/${file}.ts`, { args, load, target: { ...target, requests, users: USERS } });
  };
  const betterAuth = (...cache: readonly string[]) => {
    const sessions = `better-auth-${cache}.json`;
    return server("better-auth", { ...PEERS[requests], sessions }, sessions, String(USERS), ...cache);
  };
  return {
    title: `${framework}, ${database}, 64 connections: ${OURS[requests]} beside ${PEERS[requests].path}`,
    unit: "req/s",
    rounds: 3,
    roundMs: 700,
    contenders: {
      usermeta: server("framework", { path: OURS[requests] }),
      "better-auth": betterAuth(),
      // A write goes to the database, whatever cookies cache.
      ...(requests === "reads" && { "better-auth, sessions cached in cookies": betterAuth("cookie-cache") }),
    },
    ratios: [
      { of: "usermeta", to: "better-auth", target: TARGET },
      ...(requests === "reads" ? [{ of: "usermeta", to: "better-auth, sessions cached in cookies" }] : []),
    ],
  };
}
