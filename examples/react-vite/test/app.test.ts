import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildApp } from "../app.ts";

const JSON_TYPE = { "content-type": "application/json" };
let origin: string;
let close: () => Promise<void>;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "usermeta-example-"));
  const example = await buildApp({ path: join(folder, "app.db"), adminKey: "an-admin-key-for-tests" });
  const server = example.app.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = async () => {
    server.closeAllConnections();
    await server[Symbol.asyncDispose]();
    await example.close();
    rmSync(folder, { recursive: true });
  };
});
afterAll(() => close());

const signIn = async (userId: string): Promise<Record<string, string>> => {
  const init = { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ userId }) };
  const { token } = (await (await fetch(`${origin}/dev/sign-in`, init)).json()) as { token: string };
  return { ...JSON_TYPE, authorization: `Bearer ${token}` };
};

test("a user's own metadata fit the schema that the page has its types from", async () => {
  const headers = await signIn("ann");
  const patch = async (body: object): Promise<number> =>
    (await fetch(`${origin}/metadata`, { method: "PATCH", headers, body: JSON.stringify(body) })).status;
  expect(await patch({ birthday: "1990-05-17", motto: "Go" })).toBe(200);
  expect(await patch({ birthday: "soon" })).toBe(422);
  expect(await patch({ motto: "x".repeat(41) })).toBe(422);
});

test("the card is shown for a token of now alone, and a stale one is good for a fresh one", async () => {
  const headers = await signIn("bob");
  const body = '{"birthday":"1990-05-17"}';
  expect((await fetch(`${origin}/birthday`, { method: "POST", headers: JSON_TYPE, body })).status).toBe(401);
  expect((await fetch(`${origin}/birthday`, { method: "POST", headers, body })).status).toBe(200);
  const stale = await fetch(`${origin}/card`, { headers });
  expect([stale.status, await stale.json()]).toEqual([401, expect.objectContaining({ code: "token_stale" })]);
  const { token } = (await (await fetch(`${origin}/dev/token`, { method: "POST", headers })).json()) as {
    token: string;
  };
  const card = await fetch(`${origin}/card`, { headers: { authorization: `Bearer ${token}` } });
  expect(await card.json()).toEqual({ userId: "bob", birthday: "1990-05-17" });
});

test("the page is served with all it refers to, and may run only that", async () => {
  const page = await fetch(origin);
  expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
  const html = await page.text();
  const files = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, file]) => file);
  expect(files).toHaveLength(2);
  for (const file of files) expect((await fetch(origin + file)).status).toBe(200);
});
