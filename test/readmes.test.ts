import { once } from "node:events";
import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Examples, openExamples } from "./run-example.ts";
import { ROOT } from "./source.ts";

const READMES = globSync(["README.md", "packages/*/README.md"], { cwd: ROOT }).sort();
const BLOCK = /^```tsx?\n([\s\S]*?)^```/gm;

const nameOf = (readme: string, index: number): string => `${readme.replace(/\W+/g, "-")}-${index}.ts`;

let examples: Examples;
beforeAll(async () => {
  examples = await openExamples(".readmes");
});
afterAll(() => examples?.close());

/** Runs an example that listens, for as long as `use` takes. */
const runServer = async (name: string, code: string, use: (url: string) => Promise<void>): Promise<void> => {
  const { child, output } = await examples.start(name, code);
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

describe.each(READMES)("%s", async (readme) => {
  const text = await readFile(join(ROOT, readme), "utf8");
  const blocks = [...text.matchAll(BLOCK)].map(([, code = ""]) => code);

  test("no example writes only if there is a session: without the guard it would answer and write nothing", () => {
    expect(blocks.filter((code) => /if \(session\)|session\?\.getUserId/.test(code))).toEqual([]);
  });

  test("its examples compile", async () => {
    const named = blocks.map((code, index) => ({ name: nameOf(readme, index + 1), code }));
    expect(await examples.compile(named)).toEqual([]);
  });

  test.each(blocks.map((code, index) => [index + 1, code] as const))(
    "example %i runs",
    async (index, code) => {
      const name = nameOf(readme, index);
      if (/\.(listen|start)\(/.test(code)) return runServer(name, code, callServer);
      await examples.run(name, code);
    },
  );
});
