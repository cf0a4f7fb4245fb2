/** The benchmarks: ratios from one run. A time never fails it; a wrong answer does. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { core } from "./core.ts";
import { eventLoop } from "./event-loop.ts";
import { frameworkTable } from "./framework-table.ts";
import { growth } from "./growth.ts";
import {
  type Benchmark,
  type Child,
  type Contender,
  type Result,
  runAll,
  serverIn,
  startChild,
  type Target,
  workIn,
} from "./harness.ts";
import { history } from "./history.ts";
import { machine } from "./machine.ts";
import { peers } from "./peers.ts";
import { postgresTables } from "./postgres.ts";
import { pressure } from "./pressure.ts";
import { toSummary, writePage } from "./report.ts";
import { slowSync } from "./slow-sync.ts";
import { superTokens } from "./supertokens.ts";
import { makeUsers } from "./users.ts";

const folder = mkdtempSync(join(tmpdir(), "usermeta-bench-"));
/** How long a disk takes that has written what it says it has. */
const DISK_SYNC_MS = 1;
const sessions: Benchmark = {
  title: "Verified sessions, 64 callers, 1,024 ES256 tokens",
  unit: "sessions/s",
  contenders: { usermeta: work("engine-sessions"), "jose.jwtVerify": work("jose-sessions") },
  ratios: [{ of: "usermeta", to: "jose.jwtVerify", target: 20 }],
};

/** The parts, by the name that is given to ask for one alone. */
const PARTS: Readonly<Record<string, (load: Child, names: readonly string[]) => Promise<readonly Result[]>>> =
  {
    http: (load) => runAll(http(load)),
    frameworks: (load, names) => frameworkTable(folder, load, names),
    updates: () => runAll(updates()),
    "event-loop": () => eventLoop(folder),
    postgres: (load) => postgresTables(folder, load),
    peers: (load) => peers(folder, load),
    supertokens: (load) => superTokens(folder, load),
    sessions: () => runAll([sessions]),
    pressure: () => pressure(folder),
    history: () => history(folder),
    growth: (load) => growth(folder, load, minutes),
  };
/** The parts that run only if they are named: they need something that is not here. */
const ASKED: typeof PARTS = { core: (_load, names) => core(folder, names) };

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: "string", default: "1" } },
});
const [asked, ...names] = positionals;
const minutes = Number(options.minutes);
let load: Child | undefined;
try {
  if (!(minutes > 0)) throw new Error(`--minutes must be a number above 0, not ${options.minutes}.`);
  const all = { ...PARTS, ...ASKED };
  const parts = asked === undefined ? Object.keys(PARTS) : Object.keys(all).filter((part) => part === asked);
  if (parts.length === 0)
    throw new Error(`There is no part ${asked}; there are ${Object.keys(all).join(", ")}.`);
  await makeUsers(folder, 1024);
  load = await startChild("load.ts", [folder]);
  const about = machine(folder);
  console.log(about.join("\n"));
  const results: Result[] = [];
  for (const part of parts) results.push(...((await all[part]?.(load, names)) ?? []));
  console.log(toSummary(results));
  const valid = results.every(({ failures }) => failures.length === 0);
  // The page is about one run, in which all was right.
  if (valid && asked === undefined) writePage(results, about);
  process.exitCode = valid ? 0 : 1;
} finally {
  await load?.stop();
  rmSync(folder, { recursive: true, force: true });
}

function http(from: Child): readonly Benchmark[] {
  const server = (name: string, target: Target) => (): Promise<Contender> =>
    serverIn(`contenders/${name}.ts`, { args: [folder], load: from, target });
  const about = {
    unit: "req/s",
    ratios: [
      { of: "usermeta", to: "echo", target: 0.6, bound: true },
      { of: "usermeta", to: "by hand", target: 2 },
    ],
  };
  return [
    {
      title: "Express 5, 64 connections: POST /updateinfo, SQLite at FULL",
      ...about,
      contenders: {
        echo: server("express-echo", { requests: "updates", path: "/" }),
        usermeta: server("express-usermeta", { requests: "updates", path: "/updateinfo" }),
        "by hand": server("express-by-hand", { requests: "updates", path: "/updateinfo" }),
      },
    },
    {
      title: "Express 5, 64 connections: GET /metadata",
      ...about,
      contenders: {
        echo: server("express-echo", { requests: "reads", path: "/", answer: '"userId":"echo"' }),
        usermeta: server("express-usermeta", { requests: "reads", path: "/metadata" }),
        "by hand": server("express-by-hand", { requests: "reads", path: "/metadata" }),
      },
    },
  ];
}

function work(name: string, env: Readonly<Record<string, string>> = {}): () => Promise<Contender> {
  return () => workIn(`contenders/${name}.ts`, [folder], env);
}

function updates(): readonly Benchmark[] {
  const durable = (title: string, env?: Readonly<Record<string, string>>): Benchmark => ({
    title: `Durable SQLite updates, 64 callers, 10,000 users, ${title}`,
    unit: "updates/s",
    contenders: {
      usermeta: work("engine-updates", env),
      "one transaction each": work("transaction-updates", env),
    },
    ratios: [{ of: "usermeta", to: "one transaction each", target: 8 }],
  });
  const slowed = slowSync(folder, DISK_SYNC_MS);
  return [
    durable("on this disk"),
    ...(slowed ? [durable(`with syncs that take ${DISK_SYNC_MS} ms more, as a disk's do`, slowed)] : []),
  ];
}
