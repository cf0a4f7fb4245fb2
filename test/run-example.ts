/** Runs the examples of READMEs and of TSDoc as a user would: each is a module in a process of its own. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DevCore, startDevCore } from "@usermeta/supertokens/dev-core";
import { transform } from "esbuild";
import { expect } from "vitest";
import { installed, run } from "./packed.ts";
import { type Database, freshDatabase } from "./postgres/database.ts";
import { ROOT } from "./source.ts";

/** What an example says that it prints: `console.log(…); // this`. `…` stands for anything. */
const PRINTED = /^\s*console\.log\(.*\); \/\/ (.+)$/gm;

/** How long an example may take that ends by itself. */
const LIMIT_MS = 60_000;

const JSX = /<\/\w+>|<\w+[^<;]*\/>/;

/** A running example, and what it has printed so far. */
export interface Running {
  readonly child: ChildProcess;
  output(): string;
}

/** Examples of one test file. They are written into a folder of `test/`, so that their imports resolve as ours do. */
export interface Examples {
  /** The errors that the compiler finds in examples, one a line. */
  compile(examples: readonly { readonly name: string; readonly code: string }[]): Promise<readonly string[]>;
  /** Starts an example in an empty folder, with the database or the SuperTokens core that it reads from its environment. */
  start(name: string, code: string): Promise<Running>;
  /** Runs an example that ends by itself, and compares what it prints with what it says that it prints. */
  run(name: string, code: string): Promise<void>;
  close(): Promise<void>;
}

/** Node strips types. It knows neither decorators nor JSX, which become plain calls, as in their users' builds. */
async function toRunnable(code: string): Promise<string> {
  if (!JSX.test(code) && !/^ *@\w+\(/m.test(code)) return code;
  const tsconfigRaw = { compilerOptions: { experimentalDecorators: true, verbatimModuleSyntax: true } };
  return (await transform(code, { loader: "tsx", jsx: "automatic", target: "node22", tsconfigRaw })).code;
}

/** Whether an output has what was said, part by part. Quotes of either kind are the same. */
function says(output: string, said: string): boolean {
  const plain = output.replaceAll("'", '"').replace(/\s+/g, " ");
  const parts = said.split("…").map((part) => part.trim().replaceAll("'", '"'));
  return parts.every((part) => plain.includes(part));
}

/** Makes `test/<scratch>` and a working folder; `close()` removes both. */
export async function openExamples(scratch: string): Promise<Examples> {
  const sources = join(import.meta.dirname, scratch);
  const folder = await mkdtemp(join(tmpdir(), "usermeta-examples-"));
  await mkdir(sources, { recursive: true });
  let database: Promise<Database> | undefined;
  let core: Promise<DevCore> | undefined;

  const environment = async (code: string): Promise<Readonly<Record<string, string>>> => {
    if (code.includes("process.env.DATABASE_URL")) {
      database ??= freshDatabase();
      return { DATABASE_URL: (await database).url };
    }
    if (code.includes("process.env.SUPERTOKENS_CONNECTION_URI")) {
      core ??= startDevCore({ port: 0 });
      return { SUPERTOKENS_CONNECTION_URI: (await core).url };
    }
    return {};
  };
  const write = async (name: string, code: string): Promise<string> => {
    const file = join(sources, name);
    await writeFile(file, code);
    return file;
  };
  const start = async (name: string, code: string): Promise<Running> => {
    const file = await write(name, await toRunnable(code));
    const preload = join(import.meta.dirname, "readme-preload.ts");
    const child = fork(file, {
      cwd: folder,
      env: { ...process.env, ...(await environment(code)) },
      execArgv: ["--disable-warning=ExperimentalWarning", "--import", preload],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        output += chunk;
      });
    }
    return { child, output: () => output };
  };
  return {
    async compile(examples) {
      const files = await Promise.all(
        examples.map(({ name, code }) => write(JSX.test(code) ? `${name}x` : name, code)),
      );
      // Decorated constructors have parameter properties.
      const options = { erasableSyntaxOnly: false, jsx: "react-jsx" };
      const config = { extends: "../../tsconfig.test.json", compilerOptions: options, include: [], files };
      const file = await write("tsconfig.json", JSON.stringify(config));
      const output = await run(installed("tsc"), ["-p", file, "--pretty", "false"], ROOT).catch(String);
      return output.split("\n").filter((line) => line.includes("error TS"));
    },
    start,
    async run(name, code) {
      const { child, output } = await start(name, code);
      const limit = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
      const [exit] = await once(child, "close");
      clearTimeout(limit);
      expect(exit, output()).toBe(0);
      for (const [, said = ""] of code.matchAll(PRINTED))
        expect(says(output(), said), `${said} in ${output()}`).toBe(true);
    },
    async close() {
      await (await database)?.drop();
      await (await core)?.close();
      await rm(folder, { recursive: true, force: true });
      await rm(sources, { recursive: true, force: true });
    },
  };
}
