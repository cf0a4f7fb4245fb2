/** What the benchmarks found: as text while they run, one table at the end, and a page of the docs. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Comparison, Result } from "./harness.ts";

const PAGE = join(import.meta.dirname, "../../docs/benchmarks.md");

/** One benchmark as text: its rates and its ratios. */
export function toText({ rates, comparisons, ...result }: Result): string {
  return [
    `\n${result.title} (${timesOf(result)})`,
    ...toInvalid(result),
    ...rates.map(({ name, median, p99Ms }) => {
      const p99 = p99Ms === undefined ? "" : `   p99 ${p99Ms.toFixed(1)} ms`;
      return `  ${name.padEnd(40)} ${thousands(median).padStart(11)} ${result.unit}${p99}`;
    }),
    ...comparisons.map((each) => `  ${nameOf(each).padEnd(53)} ${toCells(each).join("  ")}`.trimEnd()),
  ].join("\n");
}

/** What to print first where something went wrong. */
export const toInvalid = ({ failures }: Pick<Result, "failures">): readonly string[] =>
  failures.length > 0 ? ["  INVALID, these went wrong:", ...new Set(failures)].slice(0, 6) : [];

/** All ratios of a run in one table, and what is slower than a peer. */
export function toSummary(results: readonly Result[]): string {
  return [
    "\nAll ratios",
    ...toColumns(ratiosOf(results)),
    "\nSlower than a peer",
    ...slower(results).map((line) => `  ${line}`),
  ].join("\n");
}

/** Writes the page about a whole run. */
export function writePage(results: readonly Result[], machine: readonly string[]): void {
  const rates = results.flatMap((result) =>
    result.rates.map(({ name, median, p99Ms }) => [
      `${result.title} (${timesOf(result)})`,
      name,
      `${thousands(median)} ${result.unit}`,
      p99Ms === undefined ? "–" : `${p99Ms.toFixed(1)} ms`,
    ]),
  );
  const lines = [
    "# Benchmarks",
    "",
    "Written by `npx -y pnpm@12 bench`, from one run; do not edit. The sources are in [test/bench](../test/bench).",
    "",
    "## Machine and versions",
    ...machine.map((line) => `- ${line}`),
    "",
    METHOD,
    "",
    "## Ratios",
    ...toTable(["benchmark", "ratio of", "median", "range", "target", ""], ratiosOf(results)),
    "",
    "## Slower than a peer",
    ...slower(results).map((line) => `- ${line}`),
    "",
    "## Rates",
    ...toTable(["benchmark", "contender", "median", "p99"], rates),
    "",
  ];
  writeFileSync(PAGE, lines.join("\n"));
}

const METHOD = `## Method
- Each contender is a process of its own. They are measured one at a time, in rounds that alternate, after two seconds that do not count. A ratio is the median of the ratios of neighbouring rounds, with the lowest and the highest beside it: rates of a shared or noisy machine say little, ratios from one run more.
- Over HTTP one other process asks, on 64 connections with one request at a time each. It looks at every answer; one wrong answer makes the run invalid. On a machine with few cores it takes its share from all contenders alike.
- Every write is durable: SQLite in WAL mode with \`synchronous=FULL\`, PostgreSQL with \`fsync\` and \`synchronous_commit\` on, for the peers too. \`NODE_ENV\` is \`production\`.
- "echo" is the framework alone, which parses JSON and sends it back. "by hand" is what an app would write: one transaction for each update, each token verified anew.
- On PostgreSQL, usermeta has a connection string, and finds that it leads straight to the server: its statements are prepared, and sent before the last is answered. Over the app's pool they are neither. By hand, a pool of 10 runs each; "prepared" says that it prepares them.
- better-auth is mounted as its guides say, on the same driver, journal and number of connections to the database. The settings are additional fields of the user; \`update-user\` writes the same four values as \`POST /updateinfo\`. Its rate limit is off, its sessions are read from the database, as is its default; if it caches them in cookies, the row says so. Its sessions are looked up, ours are signed tokens: that is part of what is compared.
- The SuperTokens core is the development core of this repository, in its own process and over SQLite, not SuperTokens' own.
- lambda: calls of the handler, one at a time.`;

const ratiosOf = (results: readonly Result[]): readonly (readonly string[])[] =>
  results.flatMap(({ title, comparisons }) =>
    comparisons.map((each) => [title, nameOf(each), ...toCells(each)]),
  );

const slower = (results: readonly Result[]): readonly string[] => {
  const found = results.flatMap(({ title, comparisons }) =>
    comparisons
      .filter(({ bound, median }) => !bound && median < 1)
      .map(({ of, to, median }) => `${title}: ${of} is ${median.toFixed(2)} × ${to}`),
  );
  return found.length === 0 ? ["Nothing, in this run."] : found;
};

const nameOf = ({ of, to }: Comparison): string => `${of} : ${to}`;

const timesOf = ({ rounds, roundMs }: Pick<Result, "rounds" | "roundMs">): string =>
  `${rounds} × ${roundMs / 1000} s each`;

/** The median, the range, the target, and whether it is reached. */
export function toCells({ median, lowest, highest, target }: Comparison): readonly string[] {
  const range = `${lowest.toFixed(2)} to ${highest.toFixed(2)}`;
  if (target === undefined) return [median.toFixed(2), range, "–", ""];
  return [median.toFixed(2), range, String(target), median >= target ? "reached" : "MISSED"];
}

/** Rows of cells, each column as wide as its widest cell. */
function toColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
}

const toTable = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`);

export const thousands = (value: number): string => Math.round(value).toLocaleString("en-US");
