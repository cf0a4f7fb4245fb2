import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildApp, type Example } from "../app.ts";

let example: Example;
let origin: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  example = await buildApp({ path: ":memory:", adminKey: "an-admin-key-for-tests" });
  const server = example.app.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stop = async () => {
    server.closeAllConnections();
    await server[Symbol.asyncDispose]();
    await example.close();
  };
});
afterAll(() => stop());

const signIn = async (userId: string): Promise<string> => {
  const headers = { "content-type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify({ userId }) };
  return (await fetch(`${origin}/dev/sign-in`, init)).headers.get("set-cookie") ?? "";
};

test.each(["/", "/?sdk=5", "/script-tag", "/script-tag?sdk=5"])(
  "the page %s is served with all it refers to",
  async (path) => {
    const page = await fetch(origin + path);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
    const files = [...(await page.text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, file]) => file);
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) expect((await fetch(origin + file)).status, file).toBe(200);
  },
);

test("the app's cookie is the session: its writes come from the app's own pages alone", async () => {
  const cookie = await signIn("dee");
  expect(cookie).toMatch(/HttpOnly; SameSite=Lax$/);
  const write = async (from: string): Promise<number> => {
    const body = new URLSearchParams({ unsafe_metadata: '{"birthday":"11-30-1969"}' });
    const init = { method: "POST", headers: { cookie, origin: from }, body };
    return (await fetch(`${origin}/clerk/v1/me?_method=PATCH`, init)).status;
  };
  expect([await write("https://evil.test"), await write(origin)]).toEqual([403, 200]);
  expect((await example.metadata.getUserMetadata("dee")).unsafeMetadata).toEqual({ birthday: "11-30-1969" });
});

test("a token says who it is of, and what the template takes from the metadata", async () => {
  await example.metadata.updateUserMetadata("eva", { unsafeMetadata: { birthday: "01-01-2000" } });
  const client = await fetch(`${origin}/clerk/v1/client`, { headers: { cookie: await signIn("eva") } });
  const { response } = (await client.json()) as {
    response: { sessions: { last_active_token: { jwt: string } }[] };
  };
  const keys = createRemoteJWKSet(new URL(`${origin}/clerk/v1/jwks`));
  const { payload } = await jwtVerify(response.sessions[0]?.last_active_token.jwt ?? "", keys, {
    issuer: "usermeta-example",
    audience: "app",
  });
  expect(payload).toMatchObject({ sub: "eva", birthday: "01-01-2000" });
});
