/**
 * The test command: every step runs, also after one that failed, and the last line is `N passed, N failed`,
 * which counts vitest's tests and one for each other step.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Result {
  ok: boolean;
  output: string;
  counts: Counts;
}

const root = join(import.meta.dirname, "..");
// A log is for reading: vitest and biome would colour it in CI.
const env = process.stdout.isTTY ? { ...process.env, FORCE_COLOR: "1" } : { ...process.env, NO_COLOR: "1" };

function run(command: string, args: readonly string[]): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        output += chunk;
      });
    }
    child.on("error", (error) => resolve({ ok: false, output: `${command}: ${error.message}\n` }));
    child.on("close", (code, signal) => {
      const end = code === 0 ? "" : `${command} ended with ${signal ?? `the exit code ${code}`}.\n`;
      resolve({ ok: code === 0, output: output + end });
    });
  });
}

/** A step of one or more commands, the later ones only where the earlier ones passed. */
async function commands(...lines: readonly string[]): Promise<Result> {
  let output = "";
  for (const line of lines) {
    const [command = "", ...args] = line.split(" ");
    const result = await run(command, args);
    output += result.output;
    if (!result.ok) return { ok: false, output, counts: { passed: 0, failed: 1, skipped: 0 } };
  }
  return { ok: true, output, counts: { passed: 1, failed: 0, skipped: 0 } };
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
}

/** The counts of vitest's report; a run that failed without a failed test (a file that does not load) counts as one. */
async function suites(): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "usermeta-vitest-"));
  const file = join(folder, "report.json");
  const result = await run("vitest", [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
  ]);
  const report = await readFile(file, "utf8").then(
    (text): Partial<VitestReport> => JSON.parse(text),
    (): Partial<VitestReport> => ({}),
  );
  await rm(folder, { recursive: true, force: true });
  const { numPassedTests: passed = 0, numFailedTests = 0, numPendingTests = 0, numTodoTests = 0 } = report;
  const ok = result.ok && numFailedTests === 0 && passed > 0;
  const failed = ok ? 0 : Math.max(1, numFailedTests);
  return { ok, output: result.output, counts: { passed, failed, skipped: numPendingTests + numTodoTests } };
}

const steps: readonly (readonly [name: string, step: () => Promise<Result>])[] = [
  [
    "types",
    () =>
      commands(
        "tsc -b",
        "tsc -p tsconfig.test.json --noEmit",
        "tsc -p tsconfig.browser.json --noEmit",
        "tsc -p packages/react/test/register --noEmit",
        "tsc -p examples/react-vite",
        "tsc -p examples/clerk-js",
        "node examples/loopback/node_modules/typescript/bin/tsc -p examples/loopback --noEmit",
      ),
  ],
  ["lint", () => commands("biome ci --colors=off .")],
  ["unused", () => commands("knip --no-progress")],
  ["suites", suites],
];

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
for (const [name, step] of steps) {
  const start = performance.now();
  const { ok, output, counts } = await step();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const tests = name === "suites" ? `, ${counts.passed} of ${counts.passed + counts.failed} tests` : "";
  console.log(`${ok ? "ok  " : "FAIL"} ${name} (${seconds} s${tests})`);
  if (!ok) console.log(output.trimEnd());
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;
