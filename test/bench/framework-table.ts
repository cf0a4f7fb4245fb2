/** What each adapter costs: its throughput to that of the same framework's bare JSON echo. */
import { FRAMEWORKS } from "./frameworks.ts";
import {
  type Child,
  type Contender,
  compare,
  measure,
  median,
  ratesOf,
  serverIn,
  thousands,
  toInvalid,
  workIn,
} from "./harness.ts";
import { buildNext } from "./next.ts";

const TARGET = 0.6;
const WITH_TARGET = /^(koa|fastify|fetch on node:http)$/;
const TIMES = { rounds: 3, roundMs: 1000 };

/** Measures the frameworks whose names begin with one of these, or all of them, and prints a row for each. */
export async function frameworkTable(
  folder: string,
  load: Child,
  wanted: readonly string[],
): Promise<boolean> {
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
  let valid = true;
  for (const name of names) valid = (await frameworkRow(folder, load, name)) && valid;
  return valid;
}

async function frameworkRow(folder: string, load: Child, name: string): Promise<boolean> {
  const contender = (mode: string) => (): Promise<Contender> => {
    const args = [folder, name, mode];
    const file = "contenders/framework.ts";
    if (name === "lambda") return workIn(file, args);
    return serverIn(file, { args, load, target: { requests: "updates", path: "/updateinfo" } });
  };
  const contenders = { echo: contender("echo"), memory: contender("memory"), sqlite: contender("sqlite") };
  const measured = await measure({ contenders, ...TIMES });
  const cells = ["memory", "sqlite"].map((of) => {
    const target = WITH_TARGET.test(name) ? { target: TARGET } : {};
    const { ratio, verdict, range } = compare(measured, { of, to: "echo", ...target });
    return `${ratio} ${range} ${verdict}`;
  });
  const echo = thousands(median(ratesOf(measured, "echo")));
  console.log([...toInvalid(measured.failures), toRow(name, echo, cells)].join("\n"));
  return measured.failures.length === 0;
}

const startsWithAny = (name: string, starts: readonly string[]): boolean =>
  starts.length === 0 || starts.some((start) => name.startsWith(start));

const toRow = (name: string, echo: string, cells: readonly string[]): string =>
  `  ${name.padEnd(24)}${echo.padStart(10)}   ${cells.map((cell) => cell.padEnd(30)).join("")}`.trimEnd();
