/**
 * Measures contenders side by side: each in a process of its own, one at a time, in alternating rounds, so that a
 * machine that gets slower or faster meanwhile does so for all of them.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { toText } from "./report.ts";

/** What does not count: by then the JavaScript that is used most has been compiled. */
const WARM_UP_MS = 2000;

/** What one round of one contender gave. */
export interface Sample {
  readonly perSecond: number;
  /** How many answers were right, if they are counted. */
  readonly count?: number;
  /** The latency that 99 of 100 requests kept to, in ms; none if it is not measured. */
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
  /** What it should be at least. @default none */
  readonly target?: number;
  /** Whether `to` is not a peer but has less to do, such as an echo: being slower is expected. @default false */
  readonly bound?: boolean;
}

/** A ratio as it was found, round by round: neighbours in time are compared, as a slow second counts on both sides. */
export interface Comparison extends Ratio {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** What a benchmark gave. */
export interface Result {
  readonly title: string;
  readonly unit: string;
  readonly rounds: number;
  readonly roundMs: number;
  /** Medians, in `unit`. */
  readonly rates: readonly { readonly name: string; readonly median: number; readonly p99Ms?: number }[];
  readonly comparisons: readonly Comparison[];
  /** What went wrong; with any, the rest says nothing. */
  readonly failures: readonly string[];
}

/** A comparison: how each contender starts, and what is asked of them. */
export interface Benchmark {
  readonly title: string;
  readonly unit: string;
  readonly contenders: Readonly<Record<string, () => Promise<Contender>>>;
  readonly ratios: readonly Ratio[];
  /** @default 5 */
  readonly rounds?: number;
  /** @default 1000 */
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
    env: { ...process.env, NODE_ENV: "production", ...env },
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
  /** A text that each answer must have; `{user}` is the id of the user who asks. @default the user's metadata */
  readonly answer?: string;
  /** The file, in the folder of the run, of the headers of each user's requests. @default the users' tokens as Bearer */
  readonly sessions?: string;
  /** How many users ask, 64 at least. @default all */
  readonly users?: number;
}

/** How a server is asked. */
export interface Serving {
  readonly args: readonly string[];
  readonly load: Child;
  readonly target: Target;
}

/** A contender that is a server: a file that calls `serve`. The load comes from one other process. */
export async function serverIn(file: string, { args, load, target }: Serving): Promise<Contender> {
  const server = await startChild(file, args);
  return {
    measure: async (milliseconds) =>
      (await load.ask({ ...target, url: server.ready, milliseconds })) as Sample,
    stop: server.stop,
  };
}

/**
 * The same, by the seconds of processor time that the server takes: a machine that others use takes from the rates, and
 * from these little. The file calls `answerCpuTime`.
 */
export async function cpuTimeIn(file: string, { args, load, target }: Serving): Promise<Contender> {
  const server = await startChild(file, args);
  const secondsUsed = async (): Promise<number> => Number(await server.ask({}));
  return {
    measure: async (milliseconds) => {
      const before = await secondsUsed();
      const { count = 0, failures } = (await load.ask({
        ...target,
        url: server.ready,
        milliseconds,
      })) as Sample;
      return { perSecond: count / ((await secondsUsed()) - before), failures };
    },
    stop: server.stop,
  };
}

interface Measured {
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
  readonly failures: readonly string[];
}

async function measureAll({ contenders, rounds, roundMs }: Required<Benchmark>): Promise<Measured> {
  const samples = new Map<string, Sample[]>(Object.keys(contenders).map((name) => [name, []]));
  const starting = Object.entries(contenders).map(async ([name, start]) => ({
    name,
    contender: await start(),
  }));
  const started = await Promise.allSettled(starting);
  const running = started.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  try {
    for (const each of started) if (each.status === "rejected") throw each.reason;
    const failures: string[] = [];
    const round = async (milliseconds: number, keep: boolean): Promise<void> => {
      for (const { name, contender } of running) {
        const sample = await contender.measure(milliseconds);
        failures.push(...sample.failures.map((failure) => `${name}: ${failure}`));
        if (keep) samples.get(name)?.push(sample);
      }
    };
    await round(WARM_UP_MS, false);
    for (let count = 0; count < rounds; count++) await round(roundMs, true);
    // One round may pass without an answer on a machine that has no time for it.
    for (const [name, each] of samples) {
      if (each.every(({ perSecond }) => perSecond === 0)) failures.push(`${name}: no answers`);
    }
    return { samples, failures };
  } finally {
    for (const { contender } of running) await contender.stop();
  }
}

/** Measures the contenders of a benchmark. A time is never a failure; an answer that is wrong is. */
export async function measure(benchmark: Benchmark): Promise<Result> {
  const asked = { rounds: 5, roundMs: 1000, ...benchmark };
  const { title, unit, rounds, roundMs } = asked;
  const { samples, failures } = await measureAll(asked);
  const ratesOf = (name: string): readonly number[] =>
    (samples.get(name) ?? []).map((each) => each.perSecond);
  return {
    ...{ title, unit, rounds, roundMs, failures },
    rates: [...samples].map(([name, each]) => {
      const p99s = each.flatMap(({ p99Ms }) => p99Ms ?? []);
      return { name, median: median(ratesOf(name)), ...(p99s.length > 0 && { p99Ms: median(p99s) }) };
    }),
    comparisons: asked.ratios.map((ratio) => {
      const others = ratesOf(ratio.to);
      const each = ratesOf(ratio.of).map((rate, round) => rate / (others[round] ?? Number.NaN));
      return { ...ratio, median: median(each), lowest: Math.min(...each), highest: Math.max(...each) };
    }),
  };
}

/** Measures a benchmark and prints what it gave. */
export async function run(benchmark: Benchmark): Promise<Result> {
  const result = await measure(benchmark);
  console.log(toText(result));
  return result;
}

/** Measures one benchmark after the other, and prints what each gave. */
export async function runAll(benchmarks: readonly Benchmark[]): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const benchmark of benchmarks) results.push(await run(benchmark));
  return results;
}

/** The middle one, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low = Number.NaN, high = low] = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
  return (low + high) / 2;
}
