/** The benchmarks: ratios from one run. A time never fails it; a wrong answer does. */
import { closeSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Benchmark,
  type Contender,
  median,
  run,
  serverIn,
  startChild,
  type Target,
  workIn,
} from "./harness.ts";
import { makeUsers } from "./users.ts";

const folder = mkdtempSync(join(tmpdir(), "usermeta-bench-"));
let load: Awaited<ReturnType<typeof startChild>> | undefined;
try {
  await makeUsers(folder, 1024);
  load = await startChild("load.ts", [folder]);
  console.log(machine());
  const results: boolean[] = [];
  for (const benchmark of benchmarks(load)) results.push(await run(benchmark));
  process.exitCode = results.every(Boolean) ? 0 : 1;
} finally {
  await load?.stop();
  rmSync(folder, { recursive: true, force: true });
}

function benchmarks(from: NonNullable<typeof load>): readonly Benchmark[] {
  const server = (name: string, target: Target) => (): Promise<Contender> =>
    serverIn(`contenders/${name}.ts`, { args: [folder], load: from, target });
  const work = (name: string) => (): Promise<Contender> => workIn(`contenders/${name}.ts`, [folder]);
  const http = {
    unit: "req/s",
    ratios: [
      { of: "usermeta", to: "echo", target: 0.6 },
      { of: "usermeta", to: "by hand", target: 2 },
    ],
  };
  return [
    {
      title: "Express 5, 64 connections: POST /updateinfo, SQLite at FULL",
      ...http,
      contenders: {
        echo: server("express-echo", { requests: "updates", path: "/" }),
        usermeta: server("express-usermeta", { requests: "updates", path: "/updateinfo" }),
        "by hand": server("express-by-hand", { requests: "updates", path: "/updateinfo" }),
      },
    },
    {
      title: "Express 5, 64 connections: GET /metadata",
      ...http,
      contenders: {
        echo: server("express-echo", { requests: "reads", path: "/", answer: '"userId":"echo"' }),
        usermeta: server("express-usermeta", { requests: "reads", path: "/metadata" }),
        "by hand": server("express-by-hand", { requests: "reads", path: "/metadata" }),
      },
    },
    {
      title: "Durable SQLite updates, 64 callers, 10,000 users",
      unit: "updates/s",
      roundMs: 1000,
      contenders: { usermeta: work("engine-updates"), "one transaction each": work("transaction-updates") },
      ratios: [{ of: "usermeta", to: "one transaction each", target: 8 }],
    },
    {
      title: "Verified sessions, 64 callers, 1,024 ES256 tokens",
      unit: "sessions/s",
      roundMs: 1000,
      contenders: { usermeta: work("engine-sessions"), "jose.jwtVerify": work("jose-sessions") },
      ratios: [{ of: "usermeta", to: "jose.jwtVerify", target: 20 }],
    },
  ];
}

function machine(): string {
  const require = createRequire(import.meta.url);
  const versionOf = (name: string): string => {
    const file = require.resolve.paths(name)?.map((path) => join(path, name, "package.json")) ?? [];
    for (const path of file) {
      try {
        return `${name} ${JSON.parse(readFileSync(path, "utf8")).version}`;
      } catch {
        // Not installed in this folder; the next one up may have it.
      }
    }
    return name;
  };
  const versions = ["express", "jose", "autocannon"].map(versionOf).join(", ");
  return [
    `Node ${process.versions.node}, SQLite ${process.versions.sqlite}, ${versions}`,
    `${availableParallelism()} cores (${cpus()[0]?.model ?? "unknown"})`,
    `a 4 KiB append with fsync takes ${fsyncMs().toFixed(3)} ms in ${tmpdir()}${fsyncMs() < 0.02 ? ": this file system does not sync" : ""}`,
  ].join("\n");
}

/** The median time of an append that is synced. */
function fsyncMs(): number {
  const file = openSync(join(folder, "fsync"), "a");
  const page = Buffer.alloc(4096, 1);
  const times = Array.from({ length: 200 }, () => {
    const start = performance.now();
    writeSync(file, page);
    fsyncSync(file);
    return performance.now() - start;
  });
  closeSync(file);
  return median(times);
}
