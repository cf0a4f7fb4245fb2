import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { tokenIssuer } from "@usermeta/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makePlace, type Place } from "./command.ts";

const KEY = "an-admin-key-of-the-tests";
const ISSUER = "https://issuer.test";

let place: Place;
let jwks: Server | undefined;
beforeEach(() => {
  place = makePlace();
  writeFileSync(join(place.folder, "keys"), `# since May\n${KEY}\nan-older-key-of-the-tests\n`);
});
afterEach(async () => {
  await place.remove();
  await jwks?.[Symbol.asyncDispose]();
  jwks = undefined;
});

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** An issuer of tokens whose JWKS is served, as an identity provider's is. */
const startIssuer = async () => {
  const issuer = tokenIssuer({ issuer: ISSUER, audience: "app" });
  jwks = createServer(async (_, response) => response.end(JSON.stringify(await issuer.jwks())));
  await once(jwks.listen(0, "127.0.0.1"), "listening");
  const { port } = jwks.address() as AddressInfo;
  return { issuer, address: `jwks:http://127.0.0.1:${port}/keys` };
};

test("serves users by their tokens and servers by each key of the file", async () => {
  const { issuer, address } = await startIssuer();
  const flags = ["--port", "0", "--admin-key-file", "keys"];
  const sessions = ["--sessions", address, "--session-issuer", ISSUER, "--session-audience", "app"];
  const { url } = await place.serve([...flags, ...sessions]);
  const json = { "content-type": "application/json" };
  const update = await fetch(`${url}/updateinfo`, {
    method: "POST",
    headers: { ...bearer(await issuer.sign("jane")), ...json },
    body: '{"theme":"dark"}',
  });
  expect(await update.json()).toMatchObject({
    message: "successfully updated user metadata",
    unsafeMetadata: { theme: "dark" },
  });
  for (const key of [KEY, "an-older-key-of-the-tests"]) {
    const read = await fetch(`${url}/users/jane/metadata`, { headers: bearer(key) });
    expect(await read.json()).toMatchObject({ privateMetadata: {}, unsafeMetadata: { theme: "dark" } });
  }
  const other = tokenIssuer({ issuer: ISSUER, audience: "app" });
  const forged = await fetch(`${url}/metadata`, { headers: bearer(await other.sign("jane")) });
  expect([forged.status, await forged.json()]).toMatchObject([401, { code: "token_invalid" }]);
});

test("health, readiness and metrics are told; metrics to a key alone", async () => {
  const { url } = await place.serve(["--port", "0", "--admin-key-file", "keys", "--prefix", "/auth"]);
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(url + path, { headers });
    return [answer.status, await answer.text()] as const;
  };
  expect(await get("/healthz")).toEqual([200, "ok\n"]);
  expect(await get("/readyz")).toEqual([200, "ready\n"]);
  expect((await fetch(`${url}/readyz`, { method: "POST" })).status).toBe(405);
  await get("/auth/users/jane%40example.com/metadata", bearer(KEY));
  expect((await get("/users/jane/metadata", bearer(KEY)))[0]).toBe(404);
  expect((await get("/metrics"))[0]).toBe(401);
  expect((await get("/metrics", bearer("another-key-than-that")))[0]).toBe(401);
  for (const authorization of [
    KEY,
    `Basic ${KEY}`,
    `Bearer${KEY}`,
    `Token ${KEY}`,
    `Bearer ${KEY}, Bearer ${KEY}`,
  ])
    expect((await get("/metrics", { authorization }))[0]).toBe(401);
  const [status, metrics] = await get("/metrics", bearer(KEY));
  expect(status).toBe(200);
  expect(metrics).toContain(
    'usermeta_http_request_duration_seconds_count{method="GET",route="/auth/users/:userId/metadata",status="200"} 1',
  );
  expect(metrics).toContain('route="unknown",status="404"} 1');
  expect(metrics).toContain("process_cpu_user_seconds_total");
  expect(metrics).not.toContain("jane");
});

test("without keys and sessions everybody is refused, and the log says so", async () => {
  const { url, log } = await place.serve(["--port", "0"]);
  expect((await fetch(`${url}/metadata`, { headers: bearer("x") })).status).toBe(401);
  expect((await fetch(`${url}/users/jane/metadata`, { headers: bearer("") })).status).toBe(401);
  expect((await fetch(`${url}/metrics`, { headers: bearer("") })).status).toBe(401);
  const told = log().filter(({ level }) => level === "warn");
  expect(told.map(({ msg }) => String(msg).split(":")[0])).toEqual(["No admin key", "No sessions"]);
});

test("the log holds no metadata, no key, no token, no path and no query", async () => {
  const { issuer, address } = await startIssuer();
  const flags = ["--port", "0", "--admin-key-file", "keys", "--log-level", "trace"];
  const sessions = ["--sessions", address, "--session-issuer", ISSUER, "--session-audience", "app"];
  const { url, stop, log } = await place.serve([...flags, ...sessions]);
  const token = await issuer.sign("jane");
  const send = (path: string, headers: Record<string, string>, body: string) =>
    fetch(url + path, { method: "PATCH", headers: { ...headers, "content-type": "application/json" }, body });
  await send("/metadata?token=secret-of-the-query", bearer(token), '{"k":"secret-value"}');
  await send(
    "/users/secret%40example.com/metadata",
    bearer(KEY),
    '{"privateMetadata":{"k":"secret-private"}}',
  );
  await send("/metadata", bearer("secret-bad-token"), '{"k":"secret-value"}');
  await send("/metadata", bearer(token), '{"k":"secret-broken');
  await send("/secret-path", bearer(token), "secret-text");
  const { stdout, stderr } = await stop();
  const routes = log().flatMap(({ route }) => (route === undefined ? [] : [route]));
  expect(routes).toEqual(["/metadata", "/users/:userId/metadata", "/metadata", "/metadata", "unknown"]);
  expect(stdout + stderr).not.toMatch(/secret/);
  expect(stdout).not.toContain(KEY);
  expect(stdout).not.toContain(token.split(".")[1]);
});

test("a store that fails is logged with what failed, but not with what it was given", async () => {
  const config = join(place.folder, "usermeta.config.mjs");
  writeFileSync(
    config,
    `const fail = async () => { throw Object.assign(new Error("secret-message"), { code: "ECONNREFUSED", detail: "secret-detail" }); };
export default { port: 0, adminKeys: [${JSON.stringify(KEY)}], store: { read: fail, write: fail } };`,
  );
  const { url, stop, log } = await place.serve([]);
  const answer = await fetch(`${url}/users/jane/metadata`, { headers: bearer(KEY) });
  expect([answer.status, await answer.json()]).toMatchObject([503, { code: "store_unavailable" }]);
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  const { stdout } = await stop();
  const failure = log().find(({ level }) => level === "error");
  expect(failure).toMatchObject({
    route: "/users/:userId/metadata",
    err: {
      code: "store_unavailable",
      cause: { code: "ECONNREFUSED", stack: expect.stringContaining("usermeta.config.mjs") },
    },
  });
  expect(stdout).not.toContain("secret");
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s lets what has begun finish, and what it acknowledged is there",
  async (signal) => {
    const served = await place.serve(["--port", "0", "--admin-key-file", "keys"]);
    const { port } = new URL(served.url);
    const sent = httpRequest({
      port,
      host: "127.0.0.1",
      method: "PUT",
      path: "/users/jane/metadata",
      headers: { ...bearer(KEY), "content-type": "application/json", expect: "100-continue" },
    });
    sent.flushHeaders();
    // The server has the head of the request; its body comes after the signal.
    await once(sent, "continue");
    const ended = served.stop(signal);
    while (!served.log().some(({ msg }) => msg === "stopping"))
      await once(served.child.stdout ?? served.child, "data");
    served.child.kill(signal);
    sent.end('{"publicMetadata":{"kept":true}}');
    const [response] = await once(sent, "response");
    expect([response.statusCode, response.headers.connection]).toEqual([200, "close"]);
    response.resume();
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([0, ""]);
    const { stdout } = await place.run(["get", "jane"]);
    expect(JSON.parse(stdout)).toMatchObject({ publicMetadata: { kept: true } });
  },
);

test("a port that is taken is told, and how to choose another", async () => {
  const { url } = await place.serve(["--port", "0"]);
  const { code, stderr } = await place.run(["serve", "--port", new URL(url).port]);
  expect(code).toBe(1);
  expect(stderr).toContain("the port is taken; choose another one with --port");
});
