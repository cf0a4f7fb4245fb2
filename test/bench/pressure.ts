/** The engine when much waits, and when nothing changes. */
import { type Benchmark, type Result, runAll, workIn } from "./harness.ts";
import { slowSync } from "./slow-sync.ts";

/** How long a disk takes that has written what it says it has. */
const DISK_SYNC_MS = 1;

export function pressure(folder: string): Promise<readonly Result[]> {
  const slowed = slowSync(folder, DISK_SYNC_MS);
  const unchanged: Benchmark = {
    title: "Updates that change nothing, SQLite at FULL, 64 callers",
    unit: "updates/s",
    contenders: {
      "no-op": () => workIn("contenders/no-op-updates.ts", [folder], slowed),
      update: () => workIn("contenders/engine-updates.ts", [folder], slowed),
    },
    ratios: [{ of: "no-op", to: "update", target: 5 }],
  };
  const waiting: Benchmark = {
    title: "200,000 users written in memory, by how many wait at once",
    unit: "updates/s",
    rounds: 3,
    contenders: {
      "200,000": () => workIn("contenders/waiting-users.ts", ["200000"]),
      "64": () => workIn("contenders/waiting-users.ts", ["64"]),
    },
    ratios: [{ of: "200,000", to: "64", bound: true }],
  };
  return runAll([unchanged, waiting]);
}
