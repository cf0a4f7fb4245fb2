import { fork } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DevCore, startDevCore } from "@usermeta/supertokens/dev-core";
import { transform } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, freshDatabase } from "./postgres/database.ts";
import { ROOT } from "./source.ts";

/** Beside this file, so that the examples' imports resolve as this package's do. */
const SCRATCH = join(import.meta.dirname, ".readmes");

const READMES = globSync(["README.md", "packages/*/README.md"], { cwd: ROOT }).sort();
const BLOCK = /^```tsx?\n([\s\S]*?)^```/gm;
/** What an example says that it prints: `console.log(…); // this`, where `…` stands for anything. */
const PRINTED = /^\s*console\.log\(.*\); \/\/ (.+)$/gm;

let folder: string;
let database: Promise<Database> | undefined;
let core: Promise<DevCore> | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usermeta-readme-"));
  await mkdir(SCRATCH, { recursive: true });
});
afterAll(async () => {
  await (await database)?.drop();
  await (await core)?.close();
  await rm(folder, { recursive: true, force: true });
  await rm(SCRATCH, { recursive: true, force: true });
});

/** Node strips types and knows neither decorators nor JSX; they are made plain calls, as their users' builds do. */
const toRunnable = async (code: string): Promise<string> => {
  if (!/^ *@\w+\(|<\/\w+>/m.test(code)) return code;
  const tsconfigRaw = { compilerOptions: { experimentalDecorators: true, verbatimModuleSyntax: true } };
  return (await transform(code, { loader: "tsx", jsx: "automatic", target: "node22", tsconfigRaw })).code;
};

type Environment = Readonly<Record<string, string>>;

const start = (file: string, env: Environment) => {
  const child = fork(file, {
    cwd: folder,
    env: { ...process.env, ...env },
    execArgv: [
      "--disable-warning=ExperimentalWarning",
      "--import",
      join(import.meta.dirname, "readme-preload.ts"),
    ],
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

/** Runs an example that ends by itself. */
const runToEnd = async (file: string, env: Environment): Promise<{ code: number; output: string }> => {
  const { child, output } = start(file, env);
  const [code] = await once(child, "close");
  return { code, output: output() };
};

/** Runs an example that listens, for as long as `use` takes. */
const runServer = async (
  file: string,
  env: Environment,
  use: (url: string) => Promise<void>,
): Promise<void> => {
  const { child, output } = start(file, env);
  const closed = once(child, "close");
  const [address] = await Promise.race([
    once(child, "message"),
    closed.then(() => Promise.reject(new Error(output()))),
  ]);
  try {
    await use(`http://127.0.0.1:${(address as AddressInfo).port}`);
  } finally {
    child.kill();
    await closed;
  }
};

/** What an example finds in its environment: a database or a SuperTokens core, where it asks for one. */
const environment = async (code: string): Promise<Environment> => {
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

/** What every README's server does: signs in, writes on its own route and on the mounted one, reads both. */
const callServer = async (url: string): Promise<void> => {
  const signIn = await fetch(`${url}/sign-in`, { method: "POST" });
  const { token } = (await signIn.json()) as { token: string };
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const own = await fetch(`${url}/birthday`, { method: "POST", headers, body: "{}" });
  expect([own.status, await own.json()]).toEqual([200, { message: "successfully updated user metadata" }]);
  const update = await fetch(`${url}/auth/updateinfo`, { method: "POST", headers, body: '{"theme":"dark"}' });
  expect(update.status).toBe(200);
  const read = await fetch(`${url}/auth/metadata`, { headers });
  expect(await read.json()).toMatchObject({
    publicMetadata: { birthday: "1990-01-01" },
    unsafeMetadata: { theme: "dark" },
  });
  expect((await fetch(`${url}/birthday`, { method: "POST" })).status).toBe(401);
};

/** Whether an output has what was said, part by part; quotes of either kind are the same. */
const says = (output: string, said: string): boolean => {
  const plain = output.replaceAll("'", '"');
  const parts = said.split("…").map((part) => part.trim());
  return parts.every((part) => plain.includes(part));
};

describe.each(READMES)("%s", async (readme) => {
  const text = await readFile(join(ROOT, readme), "utf8");
  const blocks = [...text.matchAll(BLOCK)].map(([, code = ""]) => code);

  test.each(blocks.map((code, index) => [index + 1, code] as const))(
    "example %i runs",
    async (index, code) => {
      const file = join(SCRATCH, `${readme.replace(/\W+/g, "-")}-${index}.ts`);
      await writeFile(file, await toRunnable(code));
      const env = await environment(code);
      if (/\.(listen|start)\(/.test(code)) return runServer(file, env, callServer);
      const { code: exit, output } = await runToEnd(file, env);
      expect(exit, output).toBe(0);
      for (const [, said = ""] of code.matchAll(PRINTED))
        expect(says(output, said), `${said} in ${output}`).toBe(true);
    },
  );
});
