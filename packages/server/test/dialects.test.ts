import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { createClerkClient } from "@clerk/backend";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makePlace, type Place } from "./command.ts";

const KEY = "an-admin-key-of-the-tests";
const CLIENT = join(import.meta.dirname, "fixture/supertokens-client.ts");
const KEYLESS = `import { superTokensDialect } from ${JSON.stringify(import.meta.resolve("@usermeta/core/supertokens"))};
export default { port: 0, dialects: [superTokensDialect({ allowWithoutKey: true })] };`;

let place: Place;
beforeEach(() => {
  place = makePlace();
  writeFileSync(join(place.folder, "keys"), KEY);
});
afterEach(() => place.remove());

const serveWith = (dialects: string) =>
  place.serve(["--port", "0", "--admin-key-file", "keys", "--dialects", dialects]);

const runClient = async (connectionUri: string, apiKey = ""): Promise<unknown> => {
  const env = { ...process.env, CONNECTION_URI: connectionUri, API_KEY: apiKey, NODE_NO_WARNINGS: "1" };
  const { stdout } = await promisify(execFile)(process.execPath, [CLIENT], { env });
  return JSON.parse(stdout);
};

const merged = { preferences: { theme: "dark" }, notifications: { sms: true } };
const EXPECTED = [
  { status: "OK", metadata: merged },
  { status: "OK", metadata: merged },
  { status: "OK" },
  { status: "OK", metadata: {} },
];

test("the unmodified supertokens-node: its metadata recipe with an API key, and below an app's prefix", async () => {
  const { url } = await serveWith("native,supertokens");
  expect(await runClient(url, KEY)).toEqual(EXPECTED);
  const { stdout } = await place.run(["get", "jane"]);
  expect(JSON.parse(stdout)).toMatchObject({ privateMetadata: { newKey: "data" } });
  await place.run(["clear", "jane"]);
  expect(await runClient(`${url}/appid-public`, KEY)).toEqual(EXPECTED);
  await expect(runClient(url, "another-key-than-that")).rejects.toThrow("Invalid API key");
});

test("the unmodified supertokens-node without an API key, where the config says so", async () => {
  writeFileSync(join(place.folder, "usermeta.config.ts"), KEYLESS);
  const { url } = await place.serve([]);
  expect(await runClient(url)).toEqual(EXPECTED);
});

test("Bizzkit's four requests, with the example's values", async () => {
  const { url } = await serveWith("bizzkit,native");
  const send = async (method: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
    const answer = await fetch(`${url}/api/user/jane.doe@example.com/metadata${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    expect(answer.ok, await answer.clone().text()).toBe(true);
    return answer;
  };
  const theme = { key: "theme", value: "Dark Mode", profileClaim: true };
  const language = { key: "preferred-language", value: "English", profileClaim: false };
  await send("PUT", "/profile-theme", { value: "Dark Mode", profileClaim: true });
  expect(await (await send("GET", "")).json()).toEqual({ metadata: [{ ...theme, key: "profile-theme" }] });
  await send("PUT", "", { metadata: [language, theme] });
  await send("DELETE", "/preferred-language");
  expect(await (await send("GET", "")).json()).toEqual({ metadata: [theme] });
  const { stdout } = await place.run(["get", "jane.doe@example.com"]);
  expect(JSON.parse(stdout)).toMatchObject({ publicMetadata: { theme: "Dark Mode" }, claims: ["theme"] });
});

test("dev-core starts a SuperTokens core for development, and ends when it is told to", async () => {
  const child = place.spawn(["dev-core", "--port", "0"]);
  const [line] = await once(child.stdout ?? child, "data");
  const url = /connectionURI "(http:[^"]+)"/.exec(String(line))?.[1];
  expect(await (await fetch(`${url}/apiversion`)).json()).toEqual({
    versions: expect.arrayContaining(["3.1", "5.4"]),
  });
  const ended = once(child, "close");
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
});

test("the unmodified @clerk/backend: users and their metadata, with an admin key as its secret key", async () => {
  const { url } = await serveWith("native,clerk");
  const { users } = createClerkClient({ secretKey: KEY, apiUrl: url });
  const userId = "user_123";
  await expect(users.getUser(userId)).rejects.toMatchObject({
    status: 404,
    errors: [{ code: "resource_not_found" }],
  });
  await users.updateUserMetadata(userId, {
    publicMetadata: { birthday: "1990-01-01", role: "admin" },
    privateMetadata: { stripeId: "cus_123" },
  });
  const updated = await users.updateUserMetadata(userId, { publicMetadata: { role: null } });
  expect(updated.publicMetadata).toEqual({ birthday: "1990-01-01" });
  expect((await users.getUser(userId)).privateMetadata).toEqual({ stripeId: "cus_123" });
  const { data, totalCount } = await users.getUserList();
  expect([data.map(({ id }) => id), totalCount]).toEqual([[userId], 1]);
  await expect(
    users.updateUserMetadata(userId, { publicMetadata: { long: "x".repeat(9000) } }),
  ).rejects.toMatchObject({ status: 422, errors: [{ code: "form_param_exceeds_allowed_size" }] });
  const stranger = createClerkClient({ secretKey: "another-key-than-that", apiUrl: url });
  await expect(stranger.users.getUser(userId)).rejects.toMatchObject({ status: 401 });
  await users.deleteUser(userId);
  await expect(users.getUser(userId)).rejects.toMatchObject({ status: 404 });
});

test("a path that no route has is a 404 in the shape of its protocol", async () => {
  const { url } = await serveWith("native,clerk,supertokens");
  const unknown = async (path: string): Promise<readonly [number, string | null, string]> => {
    const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${KEY}` } });
    return [answer.status, answer.headers.get("content-type"), await answer.text()];
  };
  const clerk = createClerkClient({ secretKey: KEY, apiUrl: url, telemetry: { disabled: true } });
  const refusal = { status: 404, errors: [{ code: "resource_not_found" }] };
  await expect(clerk.users.banUser("jane")).rejects.toMatchObject(refusal);
  await expect(clerk.organizations.getOrganizationList()).rejects.toMatchObject(refusal);
  for (const path of ["/recipe/session", "/public/recipe/session", "/appid-public/public/recipe/x"])
    expect(await unknown(path)).toEqual([404, "text/plain; charset=utf-8", "Not found"]);
  for (const path of ["/", "/user", "/recipes", "/jane/recipes"])
    expect((await unknown(path)).slice(0, 2)).toEqual([404, "application/problem+json"]);
});

test("a server warns of closed routes only if it has such routes", async () => {
  const warnings = async (dialects: string): Promise<readonly unknown[]> => {
    const server = await place.serve(["--port", "0", "--dialects", dialects]);
    const told = server.log().filter(({ level }) => level === "warn" || level === 40);
    return told.map(({ msg }) => String(msg).split(":")[0]);
  };
  expect(await warnings("supertokens")).toEqual(["No admin key"]);
  expect(await warnings("native")).toEqual(["No admin key", "No sessions"]);
});

test("SuperTokens' paths are found as a core finds them", async () => {
  const { url } = await serveWith("supertokens");
  const headers = { "api-key": KEY, "cdi-version": "5.4" };
  for (const path of ["//recipe/user/metadata?userId=jane", "/RECIPE/User/Metadata?userId=jane"])
    expect(await (await fetch(url + path, { headers })).json()).toEqual({ status: "OK", metadata: {} });
});
