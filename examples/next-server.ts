/** How an example on Next is built and served, each in a process of Next's own. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

/** What is served, and how. */
export interface NextServerOptions {
  /** The app's folder. */
  readonly folder: string;
  /** What the app reads of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** On this machine alone; 0 is any free port. */
  readonly port: number;
  /** A name of this machine. Clerk's proxy wants Next to be called by the one that it is started with. @default 127.0.0.1 */
  readonly host?: "127.0.0.1" | "localhost";
}

/** An app that listens. */
export interface NextServer {
  /** Its origin, such as `http://127.0.0.1:3000`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Builds with `next build` and serves with `next start`. Resolves when it listens. */
export const serveNext = async (options: NextServerOptions): Promise<NextServer> => {
  const { folder, env: own, port, host = "127.0.0.1" } = options;
  const next = createRequire(join(folder, "package.json")).resolve("next/dist/bin/next");
  const env = { ...process.env, ...own, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" } as const;
  const built = promisify(execFile)(process.execPath, [next, "build", folder], { env });
  await built.catch((cause: { readonly stdout: string }) => {
    throw new Error(`next build failed:\n${cause.stdout}`, { cause });
  });
  const child = spawn(process.execPath, [next, "start", folder, "-H", host, "-p", String(port)], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  return { url: await readUrl(child), close: () => stop(child) };
};

/** From the line in which Next says its address. */
const readUrl = async ({ stdout }: ChildProcess): Promise<string> => {
  for await (const line of createInterface({ input: stdout as NonNullable<typeof stdout> })) {
    const url = /http:\/\/(127\.0\.0\.1|localhost):\d+/.exec(line)?.[0];
    if (url) {
      stdout?.resume();
      return url;
    }
  }
  throw new Error("next start ended before it listened");
};

const stop = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, "close");
  if (child.exitCode === null) child.kill();
  await ended;
};
