import { expect, test } from "vitest";
import { testExample } from "../../suite.ts";
import { buildApp } from "../app.ts";

testExample(async (options) => {
  const app = buildApp(options);
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return { url, close: () => app.close() };
});

test("a birthday that is not a day of the calendar is refused by the route's schema, with inject too", async () => {
  const app = buildApp({ path: ":memory:", adminKey: "an-admin-key-for-tests" });
  const signIn = await app.inject({ method: "POST", url: "/dev/sign-in", payload: { userId: "dee" } });
  const headers = { authorization: `Bearer ${signIn.json().token}` };
  const payload = { birthday: "2023-02-31" };
  const { statusCode } = await app.inject({ method: "POST", url: "/birthday", headers, payload });
  const { version } = (await app.inject({ url: "/metadata", headers })).json();
  expect([statusCode, version]).toEqual([400, 0]);
  await app.close();
});
