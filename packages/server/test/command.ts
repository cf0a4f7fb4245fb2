import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAIN = join(import.meta.dirname, "../src/main.ts");

/** How a command is run. */
export interface RunOptions {
  /** Written to standard input, which then ends. @default nothing */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
}

/** What a command that has ended said. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A server that runs in a process of its own. */
export interface Served {
  readonly url: string;
  readonly child: ChildProcess;
  /** The lines of its log so far. */
  log(): readonly Record<string, unknown>[];
  /** Asks it to stop, and resolves when it has ended. */
  stop(signal?: NodeJS.Signals): Promise<Ran>;
}

/** A folder in which commands run, and what runs in it. */
export interface Place {
  readonly folder: string;
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  spawn(args: readonly string[], options?: RunOptions): ChildProcess;
  serve(args: readonly string[], options?: RunOptions): Promise<Served>;
  /** Ends what still runs and removes the folder. */
  remove(): Promise<void>;
}

const environment = (extra: RunOptions["env"] = {}): NodeJS.ProcessEnv => {
  const all: NodeJS.ProcessEnv = { ...process.env, NODE_NO_WARNINGS: "1", NO_COLOR: "1", ...extra };
  for (const name of Object.keys(all)) if (name.startsWith("USERMETA_") && !(name in extra)) delete all[name];
  return all;
};

const collect = (child: ChildProcess) => {
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk;
    });
  }
  const ended = once(child, "close").then(([code]): Ran => ({ code: code as number | null, ...text }));
  return { text, ended };
};

/** Makes a place. */
export const makePlace = (): Place => {
  const folder = mkdtempSync(join(tmpdir(), "usermeta-server-"));
  const children = new Set<ChildProcess>();
  const start: Place["spawn"] = (args, { env, nodeOptions = [] } = {}) => {
    const child = spawn(process.execPath, [...nodeOptions, MAIN, ...args], {
      cwd: folder,
      env: environment(env),
      stdio: ["pipe", "pipe", "pipe"],
    });
    children.add(child);
    child.once("close", () => children.delete(child));
    return child;
  };
  return {
    folder,
    spawn: start,
    run: (args, options = {}) => {
      const child = start(args, options);
      // A command that reads nothing may have ended before.
      child.stdin?.on("error", () => {}).end(options.input ?? "");
      return collect(child).ended;
    },
    serve: async (args, options) => {
      const child = start(["serve", ...args], options);
      const { text, ended } = collect(child);
      const log = () =>
        text.stdout
          .split("\n")
          .filter((line) => line.endsWith("}"))
          .map((line) => JSON.parse(line) as Record<string, unknown>);
      let over = false;
      void ended.then(() => {
        over = true;
      });
      const find = () => log().find(({ msg }) => msg === "listening")?.url;
      while (find() === undefined && !over) await Promise.race([once(child.stdout ?? child, "data"), ended]);
      const url = find();
      if (typeof url !== "string") throw new Error(`It did not listen:\n${text.stdout}${text.stderr}`);
      return {
        url,
        child,
        log,
        stop: (signal = "SIGTERM") => {
          child.kill(signal);
          return ended;
        },
      };
    },
    remove: async () => {
      const running = [...children].map((child) => {
        child.kill("SIGKILL");
        return once(child, "close");
      });
      await Promise.all(running);
      rmSync(folder, { recursive: true });
    },
  };
};
