import { expect, test } from "vitest";
import { toServed } from "../../../test/browser/examples.ts";
import { type RunningExample, testExample } from "../../suite.ts";
import { buildApp } from "../app.ts";
import { testInBrowser } from "./in-browser.ts";

let origin: string;
const start = async (options: Parameters<typeof buildApp>[0]): Promise<RunningExample> => {
  const { url, close } = await buildApp(options);
  origin = url;
  return { url: `${url}/api`, close };
};
testExample(start);
testInBrowser(toServed(() => origin, "an-admin-key-for-tests", "/api"));

const signIn = async (userId: string): Promise<string> => {
  const body = JSON.stringify({ userId });
  const answer = await fetch(`${origin}/api/dev/sign-in`, { method: "POST", body });
  return ((await answer.json()) as { token: string }).token;
};

test("the pages router has the same users and the same metadata as the app router", async () => {
  const headers = { authorization: `Bearer ${await signIn("dee")}`, "content-type": "application/json" };
  const birthday = { method: "POST", body: '{"birthday":"1990-05-17"}' };
  expect((await fetch(`${origin}/api/pages/birthday`, birthday)).status).toBe(401);
  const written = await fetch(`${origin}/api/pages/birthday`, { ...birthday, headers });
  expect(await written.json()).toEqual({ message: "successfully updated user metadata" });
  const theme = { method: "PATCH", headers, body: '{"big":9007199254740991}' };
  expect((await fetch(`${origin}/api/pages/metadata`, theme)).status).toBe(200);
  const read = await (await fetch(`${origin}/api/metadata`, { headers })).json();
  expect(read).toMatchObject({
    publicMetadata: { birthday: "1990-05-17" },
    unsafeMetadata: { big: 9007199254740991 },
  });
});

test("a page shows its user's metadata, and nothing private goes to the browser", async () => {
  const token = await signIn("eve");
  const admin = { authorization: "Bearer an-admin-key-for-tests", "content-type": "application/json" };
  const body = '{"publicMetadata":{"plan":"pro_marker"},"privateMetadata":{"stripeId":"cus_marker"}}';
  await fetch(`${origin}/api/users/eve/metadata`, { method: "PATCH", headers: admin, body });
  const page = await (await fetch(origin, { headers: { cookie: `session=${token}` } })).text();
  expect(page).toContain("pro_marker");
  expect(page).not.toContain("cus_marker");
  const anonymous = await (await fetch(origin, { headers: { cookie: "session=garbage" } })).text();
  expect(anonymous).toContain("Sign in");
});

test("a server action writes for the user of the cookie, called from the app's own pages alone", async () => {
  const token = await signIn("fay");
  const cookie = `session=${token}`;
  const page = await (await fetch(origin, { headers: { cookie } })).text();
  const form = new FormData();
  for (const [, name = ""] of page.matchAll(/<input type="hidden" name="([^"]+)"/g)) form.set(name, "");
  form.set("theme", "dark");
  const press = async (headers: Record<string, string>): Promise<unknown> => {
    await fetch(origin, { method: "POST", body: form, headers: { cookie, ...headers } });
    const read = await fetch(`${origin}/api/metadata`, { headers: { authorization: `Bearer ${token}` } });
    return ((await read.json()) as { unsafeMetadata: unknown }).unsafeMetadata;
  };
  expect(await press({ origin: "https://evil.test" })).toEqual({});
  expect(await press({})).toEqual({});
  expect(await press({ origin })).toEqual({ theme: "dark" });
});
