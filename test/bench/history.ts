/** What it costs to keep a history. */
import { startPostgres } from "../postgres/server.ts";
import { type Benchmark, type Result, runAll, workIn } from "./harness.ts";

/** Runs the benchmarks, one of them on a server that is gone after them. */
export async function history(folder: string): Promise<readonly Result[]> {
  const server = await startPostgres();
  try {
    return await runAll([
      beside("memory", "memory"),
      beside("SQLite at FULL", folder),
      beside("PostgreSQL", server.url),
    ]);
  } finally {
    await server.remove();
  }
}

const beside = (name: string, place: string): Benchmark => ({
  title: `Updates with a history, ${name}, 64 callers, 10,000 users`,
  unit: "updates/s",
  contenders: {
    history: () => workIn("contenders/history-updates.ts", [place, "history"]),
    none: () => workIn("contenders/history-updates.ts", [place, "none"]),
  },
  ratios: [{ of: "history", to: "none", ...(name === "memory" ? { bound: true } : { target: 0.85 }) }],
});
