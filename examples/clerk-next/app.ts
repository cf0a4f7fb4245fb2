import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

/** What the example is built from. */
export interface ExampleOptions {
  /** The SQLite file, made where there is none. */
  readonly path: string;
  /** What the SDK sends, 16 characters or more. It need not be one of Clerk's. */
  readonly secretKey: string;
  /** The Frontend API of the Clerk instance whose users are signed in; or `jwtKey`. */
  readonly issuer?: string;
  /** The instance's PEM public key. */
  readonly jwtKey?: string;
  /** Where it listens, on this machine alone. @default 0 any free port */
  readonly port?: number;
}

/** The app, listening. */
export interface Example {
  /** Its origin, such as `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Stops it. */
  close(): Promise<void>;
}

const NEXT = createRequire(import.meta.url).resolve("next/dist/bin/next");
const FOLDER = import.meta.dirname;

/** Builds the example with `next build`, and serves it with `next start`. */
export const buildApp = async (options: ExampleOptions): Promise<Example> => {
  const { path, secretKey, issuer = "", jwtKey = "", port = 0 } = options;
  const env = { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" } as const;
  await promisify(execFile)(process.execPath, [NEXT, "build", FOLDER], { env });
  const child = spawn(process.execPath, [NEXT, "start", FOLDER, "-H", "127.0.0.1", "-p", String(port)], {
    env: {
      ...env,
      USERMETA_DB: path,
      CLERK_SECRET_KEY: secretKey,
      CLERK_ISSUER: issuer,
      CLERK_JWT_KEY: jwtKey,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await readUrl(child);
  return { url, close: () => stop(child) };
};

/** From the line in which Next says where it is. */
const readUrl = async ({ stdout }: ChildProcess): Promise<string> => {
  for await (const line of createInterface({ input: stdout as NonNullable<typeof stdout> })) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
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
