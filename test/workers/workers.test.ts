import { join } from "node:path";
import { build } from "esbuild";
import { SignJWT } from "jose";
import { Miniflare, Response } from "miniflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const USERS = Array.from({ length: 20 }, (_, index) => `user-${index}`);
const SECRET = new TextEncoder().encode("a secret of 32 bytes, or of more.");

let workers: Miniflare;
let url: URL;
/** Requests to the database, each of which takes a turn of the event loop. */
let arrived = 0;

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "worker.ts")],
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "import"],
    target: "es2023",
    write: false,
  });
  workers = new Miniflare({
    modules: true,
    script: outputFiles[0]?.text ?? "",
    compatibilityDate: "2026-07-01",
    serviceBindings: {
      DATABASE: async () => {
        arrived += 1;
        await new Promise((resolve) => setImmediate(resolve));
        return new Response("ok");
      },
    },
  });
  url = await workers.ready;
});
afterAll(() => workers?.dispose());

const tokenOf = (userId: string): Promise<string> =>
  new SignJWT({})
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer("https://app.test")
    .setAudience("app")
    .setSubject(userId)
    .setExpirationTime("5m")
    .sign(SECRET);

const call = async (method: string, path: string, userId: string, body?: object): Promise<unknown> => {
  const response = await fetch(new URL(path, url), {
    method,
    headers: { authorization: `Bearer ${await tokenOf(userId)}`, "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  expect(response.status, `${method} ${path} of ${userId}`).toBe(200);
  return response.json();
};

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
