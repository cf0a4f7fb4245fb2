/** The benchmarks: ratios from one run. A time never fails it; a wrong answer does. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { frameworkTable } from "./framework-table.ts";
import {
  type Benchmark,
  type Child,
  type Contender,
  median,
  run,
  serverIn,
  startChild,
  type Target,
  workIn,
} from "./harness.ts";
import { slowSync } from "./slow-sync.ts";
import { makeUsers } from "./users.ts";

const folder = mkdtempSync(join(tmpdir(), "usermeta-bench-"));
/** Below this the file system, or the disk of a virtual machine, promises more than it keeps. */
const REAL_SYNC_MS = 0.1;
/** How long a disk takes that has written what it says it has. */
const DISK_SYNC_MS = 1;
const syncMs = measureSyncMs();
const sessions: Benchmark = {
  title: "Verified sessions, 64 callers, 1,024 ES256 tokens",
  unit: "sessions/s",
  roundMs: 1000,
  contenders: { usermeta: work("engine-sessions"), "jose.jwtVerify": work("jose-sessions") },
  ratios: [{ of: "usermeta", to: "jose.jwtVerify", target: 20 }],
};

/** The parts, by the name that is given to ask for one alone. */
const PARTS: Readonly<Record<string, (load: Child, names: readonly string[]) => Promise<boolean>>> = {
  http: (load) => runAll(http(load)),
  frameworks: (load, names) => frameworkTable(folder, load, names),
  updates: () => runAll(updates()),
  sessions: () => runAll([sessions]),
};

const [asked, ...names] = process.argv.slice(2);
let load: Child | undefined;
try {
  const parts = Object.keys(PARTS).filter((part) => part === (asked ?? part));
  if (parts.length === 0)
    throw new Error(`There is no part ${asked}; there are ${Object.keys(PARTS).join(", ")}.`);
  await makeUsers(folder, 1024);
  load = await startChild("load.ts", [folder]);
  console.log(machine());
  let valid = true;
  for (const part of parts) valid = ((await PARTS[part]?.(load, names)) ?? false) && valid;
  process.exitCode = valid ? 0 : 1;
} finally {
  await load?.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function runAll(benchmarks: readonly Benchmark[]): Promise<boolean> {
  let valid = true;
  for (const benchmark of benchmarks) valid = (await run(benchmark)) && valid;
  return valid;
}

function http(from: Child): readonly Benchmark[] {
  const server = (name: string, target: Target) => (): Promise<Contender> =>
    serverIn(`contenders/${name}.ts`, { args: [folder], load: from, target });
  const about = {
    unit: "req/s",
    ratios: [
      { of: "usermeta", to: "echo", target: 0.6 },
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
    roundMs: 1000,
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

function machine(): string {
  const synced = `${syncMs.toFixed(3)} ms in ${tmpdir()}`;
  const memory = syncMs < REAL_SYNC_MS ? " (acknowledged from memory: no disk is that fast)" : "";
  return [
    `Node ${process.versions.node}, SQLite ${process.versions.sqlite}, ${["express", "jose", "autocannon"].map(versionOf).join(", ")}`,
    `${availableParallelism()} cores (${cpus()[0]?.model ?? "unknown"})`,
    `overwriting 4 KiB with fsync takes ${synced}${memory}`,
  ].join("\n");
}

function versionOf(name: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const file = folders.map((path) => join(path, name, "package.json")).find((path) => existsSync(path));
  return `${name} ${file ? JSON.parse(readFileSync(file, "utf8")).version : "?"}`;
}

/** The median time of a synced write into a file that is large enough already, as SQLite's log is. */
function measureSyncMs(): number {
  const file = openSync(join(folder, "sync"), "w");
  const page = Buffer.alloc(4096, 1);
  const write = (index: number): number => {
    const start = performance.now();
    writeSync(file, page, 0, page.length, index * page.length);
    fsyncSync(file);
    return performance.now() - start;
  };
  for (let index = 0; index < 200; index++) write(index);
  const times = Array.from({ length: 200 }, (_, index) => write(index));
  closeSync(file);
  return median(times);
}
