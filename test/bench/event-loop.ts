/** SQLite on a thread of its own beside SQLite on the event loop's: rates, and how long the event loop is held. */
import { type Benchmark, type Contender, type Result, runAll, workIn } from "./harness.ts";
import { slowSync } from "./slow-sync.ts";

/** How long a slow disk takes for a sync. */
const SLOW_SYNC_MS = 5;
const THREADS = { "on a thread": "true", "by default": "", "without a thread": "false" };

type Env = Readonly<Record<string, string>>;

/** What is measured: what callers do, and the unit, in which a delay is the one that 99 of 100 turns kept to. */
interface Measured {
  readonly kind: "updates" | "reads";
  readonly callers: number;
  readonly unit: "calls/s" | "µs";
}

/** Runs the benchmarks, also with a disk whose syncs are slow if there is a C compiler. */
export async function eventLoop(folder: string): Promise<readonly Result[]> {
  const compare = (disk: string, { kind, callers, unit }: Measured, env?: Env): Benchmark => {
    const args = (thread: string): readonly string[] => [folder, thread, kind, String(callers), unit];
    const contenders = Object.entries(THREADS).map(
      ([name, thread]) =>
        [name, (): Promise<Contender> => workIn("contenders/event-loop.ts", args(thread), env)] as const,
    );
    const measured = unit === "µs" ? `delay of the event loop at p99, under ${kind}` : kind;
    return {
      title: `SQLite on a thread, ${callers} ${callers === 1 ? "caller" : "callers"}, ${disk}: ${measured}`,
      unit,
      contenders: Object.fromEntries(contenders),
      ratios: ["on a thread", "by default"].map((of) => ({ of, to: "without a thread", bound: true })),
    };
  };
  const onDisk = (disk: string, env?: Env): readonly Benchmark[] => [
    compare(disk, { kind: "updates", callers: 1, unit: "calls/s" }, env),
    compare(disk, { kind: "updates", callers: 64, unit: "calls/s" }, env),
    compare(disk, { kind: "updates", callers: 64, unit: "µs" }, env),
  ];
  const slowed = slowSync(folder, SLOW_SYNC_MS);
  return runAll([
    compare("on this disk", { kind: "reads", callers: 1, unit: "calls/s" }),
    compare("on this disk", { kind: "reads", callers: 64, unit: "calls/s" }),
    ...onDisk("on this disk"),
    ...(slowed ? onDisk(`with syncs that take ${SLOW_SYNC_MS} ms more`, slowed) : []),
  ]);
}
