/** What each adapter costs: its throughput to that of the same framework's bare JSON echo. */
import { FRAMEWORKS } from "./frameworks.ts";
import { type Child, type Contender, measure, type Result, serverIn, workIn } from "./harness.ts";
import { buildNext } from "./next.ts";
import { thousands, toCells, toInvalid } from "./report.ts";

const TARGET = 0.6;
const WITH_TARGET = /^(koa|fastify|fetch on node:http)$/;
const TIMES = { rounds: 5, roundMs: 700 };

/** Measures the frameworks whose names begin with one of these, or all of them, and prints a row for each. */
export async function frameworkTable(
  folder: string,
  load: Child,
  wanted: readonly string[],
): Promise<readonly Result[]> {
  const names = Object.keys(FRAMEWORKS).filter((name) => startsWithAny(name, wanted));
  const unknown = wanted.find((each) => !names.some((name) => name.startsWith(each)));
  if (unknown !== undefined) {
    throw new Error(`There is no framework ${unknown}; there are ${Object.keys(FRAMEWORKS).join("; ")}.`);
  }
  if (names.some((name) => name.startsWith("next"))) await buildNext();
  const { rounds, roundMs } = TIMES;
  console.log(
    `\nPOST /updateinfo to the same framework's JSON echo, 64 connections; lambda: calls, one at a time (${rounds} × ${roundMs / 1000} s each)`,
  );
  console.log(toRow("adapter", "echo/s", ["ours in memory : echo", "ours on SQLite : echo"]));
  const results: Result[] = [];
  for (const name of names) results.push(await frameworkRow(folder, load, name));
  return results;
}

async function frameworkRow(folder: string, load: Child, name: string): Promise<Result> {
  const contender = (mode: string) => (): Promise<Contender> => {
    const args = [folder, name, mode];
    const file = "contenders/framework.ts";
    if (name === "lambda") return workIn(file, args);
    return serverIn(file, { args, load, target: { requests: "updates", path: "/updateinfo" } });
  };
  const target = WITH_TARGET.test(name) ? { target: TARGET } : {};
  const result = await measure({
    title: `POST /updateinfo on ${name}`,
    unit: "req/s",
    ...TIMES,
    contenders: { echo: contender("echo"), memory: contender("memory"), SQLite: contender("sqlite") },
    ratios: ["memory", "SQLite"].map((of) => ({ of, to: "echo", bound: true, ...target })),
  });
  const cells = result.comparisons.map((each) => {
    const [ratio, range, , verdict] = toCells(each);
    return `${ratio} (${range}) ${verdict}`;
  });
  const echo = thousands(result.rates[0]?.median ?? 0);
  console.log([...toInvalid(result), toRow(name, echo, cells)].join("\n"));
  return result;
}

const startsWithAny = (name: string, starts: readonly string[]): boolean =>
  starts.length === 0 || starts.some((start) => name.startsWith(start));

const toRow = (name: string, echo: string, cells: readonly string[]): string =>
  `  ${name.padEnd(24)}${echo.padStart(10)}   ${cells.map((cell) => cell.padEnd(30)).join("")}`.trimEnd();
