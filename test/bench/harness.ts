/**
 * Measures contenders side by side: each in a process of its own, one at a time, in alternating rounds, so that a
 * machine that gets slower or faster meanwhile does so for all of them.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** What one round of one contender gave. */
export interface Sample {
  readonly perSecond: number;
  /** The latency that 99 of 100 requests kept to, in ms; none where it is not measured. */
  readonly p99Ms?: number;
  /** What went wrong; a benchmark with any failure is invalid. */
  readonly failures: readonly string[];
}

/** One side of a comparison. */
export interface Contender {
  measure(milliseconds: number): Promise<Sample>;
  stop(): Promise<void>;
}

/** A ratio that is asked for: `of` to `to`, both names of contenders. */
export interface Ratio {
  readonly of: string;
  readonly to: string;
  readonly target: number;
}

/** A comparison: how each contender starts, and what is asked of them. */
export interface Benchmark {
  readonly title: string;
  readonly unit: string;
  readonly contenders: Readonly<Record<string, () => Promise<Contender>>>;
  readonly ratios: readonly Ratio[];
  /** @default 5 */
  readonly rounds?: number;
  /** @default 1500 */
  readonly roundMs?: number;
}

/** A child process that answers each message with one message. */
export interface Child {
  /** What it said when it was ready. */
  readonly ready: unknown;
  ask(message: object): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts a file of this folder in a process of its own, and waits until it says that it is ready. */
export async function startChild(
  file: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Child> {
  const child = fork(join(import.meta.dirname, file), args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  return {
    ready: await answerOf(child, file),
    ask: (message) => {
      child.send(message);
      return answerOf(child, file);
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill();
      await exited;
    },
  };
}

function answerOf(child: ChildProcess, file: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`${file} ended with the code ${code}`));
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      resolve(message);
    });
  });
}

/** A contender whose own process does the work: a file that calls `answerMeasurements`. */
export async function workIn(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Contender> {
  const child = await startChild(file, args, env);
  return {
    measure: async (milliseconds) => (await child.ask({ milliseconds })) as Sample,
    stop: child.stop,
  };
}

/** What a load generator asks a server for; `./load.ts` knows what the kinds of requests are. */
export interface Target {
  readonly requests: "updates" | "reads";
  readonly path: string;
  /** A text that each answer must have. @default the metadata of the user who asks */
  readonly answer?: string;
}

/** A contender that is a server: a file that calls `serve`. The load comes from one other process. */
export async function serverIn(
  file: string,
  { args, load, target }: { args: readonly string[]; load: Child; target: Target },
): Promise<Contender> {
  const server = await startChild(file, args);
  return {
    measure: async (milliseconds) =>
      (await load.ask({ ...target, url: server.ready, milliseconds })) as Sample,
    stop: server.stop,
  };
}

/** The samples of each contender, and what went wrong. */
export interface Measured {
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
  readonly failures: readonly string[];
}

/** Measures the contenders of a benchmark. */
export async function measure({
  contenders,
  rounds = 5,
  roundMs = 1500,
}: Pick<Benchmark, "contenders" | "rounds" | "roundMs">): Promise<Measured> {
  const running = new Map<string, Contender>();
  const samples = new Map<string, Sample[]>();
  try {
    for (const [name, start] of Object.entries(contenders)) {
      running.set(name, await start());
      samples.set(name, []);
    }
    const failures: string[] = [];
    const measureAll = async (milliseconds: number, keep: boolean): Promise<void> => {
      for (const [name, contender] of running) {
        const sample = await contender.measure(milliseconds);
        failures.push(...sample.failures.map((failure) => `${name}: ${failure}`));
        if (keep) samples.get(name)?.push(sample);
      }
    };
    await measureAll(roundMs / 2, false);
    for (let round = 0; round < rounds; round++) await measureAll(roundMs, true);
    // One round may pass without an answer on a machine that has no time for it.
    for (const [name, each] of samples) {
      if (each.every(({ perSecond }) => perSecond === 0)) failures.push(`${name}: no answers`);
    }
    return { samples, failures };
  } finally {
    for (const contender of running.values()) await contender.stop();
  }
}

/** Runs a benchmark and prints its table. A time is never a failure; an answer that is wrong makes it invalid. */
export async function run(benchmark: Benchmark): Promise<boolean> {
  const { title, unit, ratios, rounds = 5, roundMs = 1500 } = benchmark;
  const { samples, failures } = await measure(benchmark);
  const lines = [
    `\n${title} (${rounds} × ${roundMs / 1000} s each)`,
    ...toInvalid(failures),
    ...toLines(samples, unit, ratios),
  ];
  console.log(lines.join("\n"));
  return failures.length === 0;
}

/** What to print first where something went wrong. */
export const toInvalid = (failures: readonly string[]): readonly string[] =>
  failures.length > 0 ? ["  INVALID, these went wrong:", ...new Set(failures)].slice(0, 6) : [];

/** The middle one, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low = Number.NaN, high = low] = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
  return (low + high) / 2;
}

/** The rates of a contender, by round. */
export const ratesOf = ({ samples }: Pick<Measured, "samples">, name: string): readonly number[] =>
  (samples.get(name) ?? []).map(({ perSecond }) => perSecond);

/** One contender to another: the median ratio with its target, and the range. */
export function compare(
  measured: Pick<Measured, "samples">,
  { of, to, target }: Omit<Ratio, "target"> & Partial<Ratio>,
): { readonly ratio: string; readonly verdict: string; readonly range: string } {
  const others = ratesOf(measured, to);
  // Neighbours in time are compared, so that a slow second of the machine counts on both sides.
  const each = ratesOf(measured, of).map((rate, round) => rate / (others[round] ?? Number.NaN));
  const verdict = target === undefined ? "" : median(each) >= target ? "reached" : "MISSED";
  const range = `(${Math.min(...each).toFixed(2)} to ${Math.max(...each).toFixed(2)})`;
  return { ratio: median(each).toFixed(2), verdict, range };
}

function toLines(samples: Measured["samples"], unit: string, ratios: readonly Ratio[]): string[] {
  const measured = [...samples].map(([name, each]) => {
    const p99s = each.flatMap(({ p99Ms }) => p99Ms ?? []);
    const p99 = p99s.length > 0 ? `   p99 ${median(p99s).toFixed(1)} ms` : "";
    const rate = thousands(median(ratesOf({ samples }, name)));
    return `  ${name.padEnd(34)} ${rate.padStart(11)} ${unit}${p99}`;
  });
  const compared = ratios.map((asked) => {
    const { ratio, verdict, range } = compare({ samples }, asked);
    const name = `${asked.of} : ${asked.to}`;
    return `  ${name.padEnd(48)} ${ratio.padStart(7)}   target ${asked.target} ${verdict}   ${range}`;
  });
  return [...measured, ...compared];
}

export const thousands = (value: number): string => Math.round(value).toLocaleString("en-US");
