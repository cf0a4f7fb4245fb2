import { join } from "node:path";
import { build } from "esbuild";
import { exportJWK, generateKeyPair } from "jose";
import { Miniflare, Response } from "miniflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const USERS = Array.from({ length: 20 }, (_, index) => `user-${index}`);

let workers: Miniflare;
let url: URL;
/** Requests to the database. */
let arrived = 0;

/** Takes a turn of the event loop, as a database over the network does. */
const answer = async (): Promise<Response> => {
  arrived += 1;
  await new Promise((resolve) => setImmediate(resolve));
  return new Response("ok");
};

beforeAll(async () => {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "worker.ts")],
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "import"],
    target: "es2023",
    define: { SIGNING_KEY: JSON.stringify(await exportJWK(privateKey)) },
    write: false,
  });
  workers = new Miniflare({
    modules: true,
    script: outputFiles[0]?.text ?? "",
    compatibilityDate: "2026-07-01",
    serviceBindings: { DATABASE: answer },
  });
  url = await workers.ready;
});
afterAll(() => workers?.dispose());

const signIn = async (userId: string): Promise<string> =>
  (await fetch(new URL(`/memory/${userId}`, url), { signal: AbortSignal.timeout(30_000) })).text();

const call = async (method: string, path: string, userId: string, body?: object): Promise<unknown> => {
  const response = await fetch(new URL(path, url), {
    method,
    headers: { authorization: `Bearer ${await signIn(userId)}`, "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  expect(response.status, `${method} ${path} of ${userId}`).toBe(200);
  return response.json();
};

test("in workerd, each write has its entry in the history", async () => {
  for (const theme of ["dark", "light"]) await call("PATCH", "/memory/metadata", "ann", { theme });
  const { entries } = (await call("GET", "/memory/metadata/history", "ann")) as { entries: object[] };
  expect(entries).toMatchObject([
    { by: "user", changes: [{ path: "/unsafeMetadata/theme", value: "light", was: "dark" }] },
    { by: "user", changes: [{ path: "/unsafeMetadata/theme", value: "dark" }] },
  ]);
});

describe.each(["memory", "io"])("in workerd, one engine for all requests, on a store: %s", (store) => {
  test("20 users write at once, then read at once", async () => {
    await Promise.all(USERS.map((userId) => call("PATCH", `/${store}/metadata`, userId, { theme: userId })));
    const read = await Promise.all(USERS.map((userId) => call("GET", `/${store}/metadata`, userId)));
    expect(read).toMatchObject(USERS.map((userId) => ({ userId, unsafeMetadata: { theme: userId } })));
  });

  test("20 requests write one user at once, and no update is lost", async () => {
    await Promise.all(USERS.map((key) => call("PATCH", `/${store}/metadata`, "jane", { [key]: true })));
    const { unsafeMetadata } = (await call("GET", `/${store}/metadata`, "jane")) as {
      unsafeMetadata: object;
    };
    expect(Object.keys(unsafeMetadata).sort()).toEqual([...USERS].sort());
  });

  test("what one request writes at once is one write", async () => {
    const before = arrived;
    const four = { a: true, b: true, c: true, d: true };
    expect(await call("POST", `/${store}/joe`, "joe")).toEqual([four, four, four, four]);
    expect(arrived - before).toBe(store === "io" ? 3 : 0);
  });
});
