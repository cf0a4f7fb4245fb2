import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, get, request } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { freshDatabase } from "../../../test/postgres/database.ts";

const run = promisify(execFile);
const main = join(import.meta.dirname, "../main.ts");
const hasCurl = await run("curl", ["--version"]).then(
  () => true,
  () => false,
);

let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "usermeta-example-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  rmSync(folder, { recursive: true });
});

interface Started {
  readonly child: ChildProcess;
  /** All that was printed so far, on both streams. */
  output(): string;
  /** What it printed and its exit code, once it has ended. */
  readonly ended: Promise<{ code: number | null; output: string }>;
}

const start = (env: Readonly<Record<string, string>> = {}): Started => {
  const { USERMETA_ADMIN_KEY: _, DATABASE_URL: __, ...inherited } = process.env;
  const child = spawn(process.execPath, [main], {
    env: { ...inherited, PORT: "0", USERMETA_DB: join(folder, "app.db"), NODE_NO_WARNINGS: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, output }));
  return { child, output: () => output, ended };
};

interface Running extends Started {
  readonly url: string;
  readonly port: string;
  readonly curl: string;
}

/** Waits for the last line of the greeting. */
const greeted = async (env?: Readonly<Record<string, string>>): Promise<Running> => {
  const started = start(env);
  const find = (): RegExpExecArray | null =>
    /^usermeta example listening on (http:\/\/localhost:(\d+))$[\s\S]*^(curl .*)\n/m.exec(started.output());
  let ended = false;
  void started.ended.then(() => {
    ended = true;
  });
  while (find() === null && !ended) {
    await Promise.race([once(started.child.stdout ?? started.child, "data"), started.ended]);
  }
  const [, url, port, curl] = find() ?? [];
  if (!url || !port || !curl) throw new Error(`It did not greet:\n${started.output()}`);
  return { ...started, url, port, curl };
};

const post = async (url: string, body: object, token = ""): Promise<Record<string, unknown>> => {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  return (await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })).json() as never;
};

test.skipIf(!hasCurl)("prints a curl line that works as it is", async () => {
  const { curl } = await greeted();
  const { stdout } = await run("bash", ["-c", curl]);
  expect(JSON.parse(stdout)).toMatchObject({ userId: "jane", unsafeMetadata: { theme: "dark" } });
});

test.skipIf(!hasCurl)("takes the README's admin request, with the key from the environment", async () => {
  const USERMETA_ADMIN_KEY = "a key & 'quotes' of 30 letters";
  const { port, output } = await greeted({ USERMETA_ADMIN_KEY });
  expect(output()).toContain("admin key: the one from the environment, USERMETA_ADMIN_KEY");
  expect(output()).not.toContain(USERMETA_ADMIN_KEY);
  const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
  const command = /```sh\n(curl [\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const { stdout } = await run("bash", ["-c", command], {
    env: { ...process.env, PORT: port, USERMETA_ADMIN_KEY },
  });
  expect(JSON.parse(stdout)).toMatchObject({ privateMetadata: { stripeCustomer: "cus_123" } });
});

test("makes an admin key for the run and prints it", async () => {
  const { url, output } = await greeted();
  const key = /^admin key: (\S{16,})$/m.exec(output())?.[1];
  const headers = { authorization: `Bearer ${key}` };
  expect((await fetch(`${url}/users/jane/metadata`, { headers })).status).toBe(200);
});

test.each(["SIGINT", "SIGTERM"] as const)("stops cleanly on %s, though it comes twice", async (signal) => {
  const first = await greeted();
  const { token } = await post(`${first.url}/dev/sign-in`, { userId: "jane" });
  // A browser's connection, kept alive.
  const agent = new Agent({ keepAlive: true });
  const page = get(first.url, { agent });
  const [response] = await once(page, "response");
  await once(response.resume(), "end");
  const closed = once(page.socket as Socket, "close");
  // The server has the head of this one; its body comes after the signals.
  const update = request(`${first.url}/updateinfo`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", expect: "100-continue" },
  });
  update.flushHeaders();
  await once(update, "continue");

  first.child.kill(signal);
  await closed;
  first.child.kill(signal);
  update.end('{"theme":"dark"}');
  const [updated] = await once(update, "response");
  expect(updated.resume().statusCode).toBe(200);
  expect((await first.ended).code).toBe(0);
  agent.destroy();

  const second = await greeted();
  const again = await post(`${second.url}/dev/sign-in`, { userId: "jane" });
  const headers = { authorization: `Bearer ${again.token}` };
  const metadata = await (await fetch(`${second.url}/metadata`, { headers })).json();
  expect(metadata).toMatchObject({ unsafeMetadata: { theme: "dark" } });
});

test("says that a port is taken, and what to do", async () => {
  const { port } = await greeted();
  const { code, output } = await start({ PORT: port }).ended;
  expect(output).toMatch(
    new RegExp(`^Port ${port} is taken\\. Choose another one: PORT=\\d+ npx -y pnpm@12 start\n$`),
  );
  expect(code).toBe(1);
});

test.each(["abc", "-1", "65536", "80.5", ""])("refuses the PORT %j in one line", async (PORT) => {
  const { code, output } = await start({ PORT }).ended;
  expect(output).toBe(
    `PORT is ${JSON.stringify(PORT)}. Give a whole number from 0 to 65535: PORT=3001 npx -y pnpm@12 start\n`,
  );
  expect(code).toBe(1);
});

test("refuses a short admin key in one line", async () => {
  const { code, output } = await start({ USERMETA_ADMIN_KEY: "short" }).ended;
  expect(output).toMatch(/^adminKeys.* 16 characters.*USERMETA_ADMIN_KEY.*\n$/);
  expect(code).toBe(1);
});

test("refuses a file that is not a database, in one line, and leaves it as it is", async () => {
  const path = join(folder, "notes.txt");
  const text = "not a database, ".repeat(100);
  writeFileSync(path, text);
  const { code, output } = await start({ USERMETA_DB: path }).ended;
  expect(output).toMatch(/^SQLite database ".*notes\.txt": .+\n$/);
  expect(code).toBe(1);
  expect(readFileSync(path, "utf8")).toBe(text);
});

test("refuses a file in a folder that is not there, in one line", async () => {
  const { code, output } = await start({ USERMETA_DB: join(folder, "nowhere", "app.db") }).ended;
  expect(output).toMatch(/^SQLite database ".*app\.db": .+\n$/);
  expect(code).toBe(1);
});

test("keeps metadata in PostgreSQL where DATABASE_URL is set, and finds it again after a restart", async () => {
  const database = await freshDatabase();
  onTestFinished(() => database.drop());
  const USERMETA_ADMIN_KEY = "an-admin-key-for-tests";
  const env = { DATABASE_URL: database.url, USERMETA_ADMIN_KEY };
  const first = await greeted(env);
  const { token } = await post(`${first.url}/dev/sign-in`, { userId: "jane" });
  await post(`${first.url}/updateinfo`, { theme: "dark" }, String(token));
  first.child.kill("SIGTERM");
  expect((await first.ended).code).toBe(0);
  expect(existsSync(join(folder, "app.db"))).toBe(false);

  const second = await greeted(env);
  const headers = { authorization: `Bearer ${USERMETA_ADMIN_KEY}` };
  const metadata = await (await fetch(`${second.url}/users/jane/metadata`, { headers })).json();
  expect(metadata).toMatchObject({ unsafeMetadata: { theme: "dark" } });
});

test("refuses a PostgreSQL that cannot be reached, in one line without the password", async () => {
  const DATABASE_URL = "postgres://jane:secret@127.0.0.1:1/none";
  const { code, output } = await start({ DATABASE_URL }).ended;
  expect(output).toMatch(/^PostgreSQL table .+\n$/);
  expect(output).not.toContain("secret");
  expect(code).toBe(1);
});
