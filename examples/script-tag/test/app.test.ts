import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { testExample } from "../../suite.ts";
import { buildApp } from "../app.ts";

let origin: string;

testExample(async (options) => {
  const { app, close } = await buildApp(options);
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: origin,
    close: async () => {
      server.closeAllConnections();
      await server[Symbol.asyncDispose]();
      await close();
    },
  };
});

test("the page is served with all it refers to, and may run only that", async () => {
  const page = await fetch(origin);
  expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
  const files = [...(await page.text()).matchAll(/(?:src|href)="(\w[^":]+)"/g)].map(([, file]) => file);
  expect(files).toEqual(["style.css", "usermeta.js", "app.js"]);
  for (const file of files) expect((await fetch(`${origin}/${file}`)).status).toBe(200);
});

test("the cookie's session writes from the app's own pages alone", async () => {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: '{"userId":"dee"}' };
  const cookie = (await fetch(`${origin}/dev/sign-in`, init)).headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(/HttpOnly; SameSite=Lax$/);
  const write = async (from: string): Promise<number> => {
    const headers = { "content-type": "application/json", cookie, origin: from };
    return (await fetch(`${origin}/metadata`, { method: "PATCH", headers, body: '{"a":1}' })).status;
  };
  expect([await write("https://evil.test"), await write(origin)]).toEqual([403, 200]);
});
