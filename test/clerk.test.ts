/** The clerk dialect over HTTP: the unmodified `@clerk/backend` on three adapters, and what every adapter must carry. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClerkClient, verifyToken } from "@clerk/backend";
import { isClerkAPIResponseError } from "@clerk/shared/error";
import * as hapi from "@hapi/hapi";
import * as rest from "@loopback/rest";
import type { HttpMount, RunningApp, StartHttpApp } from "@usermeta/conformance/http";
import { createUserMetadata, jwtSessions, nativeDialect, tokenIssuer } from "@usermeta/core";
import { clerkDialect } from "@usermeta/core/clerk";
import { userMetadata } from "@usermeta/express";
import { sqliteStore } from "@usermeta/store-sqlite";
import express from "express";
import { fastify } from "fastify";
import Koa from "koa";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startOn as startExpress } from "../packages/express/test/start.ts";
import { startOn as startFastify } from "../packages/fastify/test/start.ts";
import { startHono } from "../packages/fetch/test/start.ts";
import { startOn as startHapi } from "../packages/hapi/test/start.ts";
import { startOn as startKoa } from "../packages/koa/test/start.ts";
import { httpApi, restApi } from "../packages/lambda/test/gateway.ts";
import { startBehind } from "../packages/lambda/test/start.ts";
import { startOn as startLoopback } from "../packages/loopback/test/start.ts";
import { onExpress, onFastify } from "../packages/nest/test/start.ts";

const SECRET_KEY = "sk_test_of_the_tests";
const WHO = { issuer: "https://clerk.test", audience: "app" };

/** An app whose own parsers have read every body before us. */
const startParsed: StartHttpApp = async (metadata, { prefix }) => {
  const app = express().use(express.json(), express.urlencoded({ extended: true }));
  app.use(prefix || "/", userMetadata(metadata));
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  return { url: `http://127.0.0.1:${address.port}`, close: () => server[Symbol.asyncDispose]() };
};

const createEngine = (path: string) => {
  const issuer = tokenIssuer({ ...WHO, algorithm: "RS256" });
  return createUserMetadata({
    store: sqliteStore({ path }),
    sessions: jwtSessions({ ...WHO, keys: issuer.jwks }),
    adminKeys: [SECRET_KEY],
    issuer,
    claims: { maxBytes: 600 },
    dialects: [nativeDialect(), clerkDialect()],
  });
};

const MOUNT: HttpMount = { prefix: "/auth", bodyParser: false };

/** Runs an app on a SQLite file while the tests of a block run. */
const running = (start: StartHttpApp) => {
  const folder = mkdtempSync(join(tmpdir(), "usermeta-clerk-"));
  const metadata = createEngine(join(folder, "app.db"));
  let app: RunningApp;
  beforeAll(async () => {
    app = await start(metadata, MOUNT);
  });
  afterAll(async () => {
    await app.close();
    await metadata.close();
    rmSync(folder, { recursive: true });
  });
  const apiUrl = () => app.url + MOUNT.prefix;
  const clerk = (secretKey = SECRET_KEY) => createClerkClient({ secretKey, apiUrl: apiUrl() });
  return { metadata, apiUrl, users: (secretKey?: string) => clerk(secretKey).users };
};

/** What a call of the SDK is refused with. */
const refusal = async (call: Promise<unknown>) => {
  const error: unknown = await call.catch((reason: unknown) => reason);
  if (!isClerkAPIResponseError(error)) throw new Error(`no ClerkAPIResponseError: ${error}`);
  const [first] = error.errors;
  expect(error.clerkTraceId).toMatch(/^[0-9a-f]{32}$/);
  expect(first?.longMessage).toBe(first?.message);
  return [error.status, first?.code, first?.meta?.paramName];
};

/** A tier that takes exactly so many bytes of JSON. */
const tierOf = (bytes: number) => ({ text: "é".repeat(10) + "x".repeat(bytes - 31) });

describe.each<[string, StartHttpApp]>([
  ["Express", startExpress(express)],
  ["Fastify", startFastify(fastify)],
  ["fetch, on Hono", startHono],
])("@clerk/backend on %s", (_, start) => {
  const { metadata, apiUrl, users } = running(start);

  test("a user is there from the first write, with all that the SDK reads of one", async () => {
    expect(await refusal(users().getUser("user_none"))).toEqual([404, "resource_not_found", undefined]);
    const before = Date.now();
    const written = await users().updateUserMetadata("user_1", {
      publicMetadata: { birthday: "1990-01-01" },
      privateMetadata: { stripeId: "cus_1" },
      unsafeMetadata: { theme: "dark", camelKey: { snake_key: 1 } },
    });
    const read = await users().getUser("user_1");
    expect({ ...read }).toEqual({ ...written });
    expect(read).toMatchObject({
      id: "user_1",
      publicMetadata: { birthday: "1990-01-01" },
      privateMetadata: { stripeId: "cus_1" },
      unsafeMetadata: { theme: "dark", camelKey: { snake_key: 1 } },
      emailAddresses: [],
      phoneNumbers: [],
      externalAccounts: [],
      firstName: null,
      fullName: null,
      primaryEmailAddress: null,
      banned: false,
    });
    expect(read.createdAt).toBeGreaterThanOrEqual(before);
  });

  test("updateUserMetadata merges deeply: null removes at any depth, arrays are replaced whole", async () => {
    const update = (publicMetadata: UserPublicMetadata) =>
      users().updateUserMetadata("user_2", { publicMetadata });
    await update({ a: { b: { c: 1, d: 2 } }, list: [{ x: 1 }, 2, 3] });
    const merged = await update({ a: { b: { c: null, e: { f: null, g: 3 } } }, list: [4], none: null });
    expect(merged.publicMetadata).toEqual({ a: { b: { d: 2, e: { g: 3 } } }, list: [4] });
    const unchanged = await update({});
    expect(unchanged.publicMetadata).toEqual(merged.publicMetadata);
  });

  test("an id that the SDK sends cut or decoded reaches no other user", async () => {
    await users().updateUserMetadata("user_5", { publicMetadata: { a: 1 } });
    for (const id of ["user_5?", "user_5?x", "user_5?/x", "user_5%2Fx", "user_5%3F"]) {
      const update = users().updateUserMetadata(id, { publicMetadata: { a: 2 } });
      expect(await refusal(update), id).toEqual([404, "resource_not_found", undefined]);
    }
    expect((await users().getUser("user_5")).publicMetadata).toEqual({ a: 1 });
  });

  test("without a body nothing is written, and nobody is made", async () => {
    const { updatedAt } = await users().updateUserMetadata("user_3", { unsafeMetadata: { a: 1 } });
    expect(await users().updateUserMetadata("user_3", {})).toMatchObject({
      updatedAt,
      unsafeMetadata: { a: 1 },
    });
    expect((await users().replaceUserMetadata("user_3", {})).updatedAt).toBe(updatedAt);
    expect((await users().updateUser("user_3", {})).updatedAt).toBe(updatedAt);
    expect(await refusal(users().updateUserMetadata("user_no_body", {}))).toEqual([
      404,
      "resource_not_found",
      undefined,
    ]);
  });

  test("each write grows updatedAt, those within one ms too", async () => {
    const written = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        users().updateUserMetadata("user_4", { unsafeMetadata: { [`key_${n}`]: n } }),
      ),
    );
    expect(new Set(written.map(({ updatedAt }) => updatedAt)).size).toBe(20);
    expect(Object.keys((await users().getUser("user_4")).unsafeMetadata)).toHaveLength(20);
  });

  test("replaceUserMetadata replaces the tiers it names whole, {} clears one", async () => {
    const tiers = { publicMetadata: { a: 1, b: null }, privateMetadata: { c: 1 }, unsafeMetadata: { d: 1 } };
    expect((await users().replaceUserMetadata("user_5", tiers)).publicMetadata).toEqual({ a: 1, b: null });
    const replaced = await users().replaceUserMetadata("user_5", {
      publicMetadata: {},
      privateMetadata: { e: 1 },
    });
    expect(replaced).toMatchObject({
      publicMetadata: {},
      privateMetadata: { e: 1 },
      unsafeMetadata: { d: 1 },
    });
  });

  test("updateUser replaces metadata, and says what is not kept here", async () => {
    await users().updateUserMetadata("user_6", { publicMetadata: { a: 1 }, privateMetadata: { b: 1 } });
    const updated = await users().updateUser("user_6", { publicMetadata: { c: 1 } });
    expect(updated).toMatchObject({ publicMetadata: { c: 1 }, privateMetadata: { b: 1 } });
    expect(updated.publicMetadata).toEqual({ c: 1 });
    expect(await refusal(users().updateUser("user_6", { password: "correct horse" }))).toEqual([
      422,
      "form_param_unknown",
      "password",
    ]);
  });

  test("deleteUser removes everything; there is nobody to delete twice", async () => {
    await users().updateUserMetadata("user_7", { privateMetadata: { a: 1 } });
    expect(await users().deleteUser("user_7")).toMatchObject({ object: "user", id: "user_7", deleted: true });
    const gone = [404, "resource_not_found", undefined];
    expect(await refusal(users().getUser("user_7"))).toEqual(gone);
    expect(await refusal(users().deleteUser("user_7"))).toEqual(gone);
  });

  test("getUserList and getCount: the newest first, pages, by id", async () => {
    const made = ["list_a", "list_b", "list_c"];
    vi.useFakeTimers({ toFake: ["Date"] });
    for (const id of made) {
      vi.setSystemTime(Date.now() + 1000);
      await users().updateUserMetadata(id, { privateMetadata: { id } });
    }
    vi.useRealTimers();
    const all = await users().getUserList({ limit: 500 });
    expect(all.data.slice(0, 3).map(({ id }) => id)).toEqual(["list_c", "list_b", "list_a"]);
    expect(all.totalCount).toBe(all.data.length);
    expect(await users().getCount()).toBe(all.totalCount);
    const oldest = await users().getUserList({ userId: made, orderBy: "+created_at", limit: 2, offset: 1 });
    expect(oldest.data.map(({ id, privateMetadata }) => [id, privateMetadata.id])).toEqual([
      ["list_b", "list_b"],
      ["list_c", "list_c"],
    ]);
    expect(oldest.totalCount).toBe(3);
    const none = await users().getUserList({ userId: ["nobody"] });
    expect(none).toEqual({ data: [], totalCount: 0 });
    const byMail = users().getUserList({ emailAddress: ["jane@example.com"] });
    expect(await refusal(byMail)).toEqual([422, "form_param_unknown", "email_address"]);
  });

  test("8192 bytes are taken and 8193 refused, of the merged tier", async () => {
    const write = (bytes: number) => users().updateUserMetadata("user_8", { privateMetadata: tierOf(bytes) });
    expect(JSON.stringify((await write(8192)).privateMetadata)).toHaveLength(8182);
    const tooLarge = [422, "form_param_exceeds_allowed_size", "private_metadata"];
    expect(await refusal(write(8193))).toEqual(tooLarge);
    const one = { privateMetadata: { one: 1 } };
    expect(await refusal(users().updateUserMetadata("user_8", one))).toEqual(tooLarge);
    expect((await users().getUser("user_8")).privateMetadata).toEqual(tierOf(8192));
  });

  test("the write that would exceed the budget of the claims is refused", async () => {
    await metadata.updateUserMetadata("user_9", { publicMetadata: { plan: "pro" }, claims: ["plan"] });
    const long = { publicMetadata: { plan: "x".repeat(700) } };
    expect(await refusal(users().updateUserMetadata("user_9", long))).toEqual([
      422,
      "form_param_exceeds_allowed_size",
      undefined,
    ]);
  });

  test("the other refusals", async () => {
    const update = (params: object, secretKey?: string) =>
      refusal(users(secretKey).updateUserMetadata("user_10", params));
    expect(await update({ publicMetadata: ["a"] })).toEqual([
      422,
      "form_param_value_invalid",
      "public_metadata",
    ]);
    expect(await update({ privateMetadata: null })).toEqual([
      422,
      "form_param_value_invalid",
      "private_metadata",
    ]);
    expect(await update({ favouriteColour: {} })).toEqual([422, "form_param_unknown", "favourite_colour"]);
    expect(await update({ unsafeMetadata: { a: "\u0000" } })).toEqual([
      422,
      "form_param_value_invalid",
      "unsafe_metadata",
    ]);
    expect(await update({ unsafeMetadata: { a: "x".repeat(140_000) } })).toEqual([
      413,
      "request_body_too_large",
      undefined,
    ]);
    expect(await update({}, "sk_test_of_somebody_else")).toEqual([401, "clerk_key_invalid", undefined]);
    expect(await refusal(users().getUserList({ limit: 501 }))).toEqual([
      422,
      "form_param_value_invalid",
      undefined,
    ]);
    const unchanged = await metadata.getUserMetadata("user_10");
    expect(unchanged.version).toBe(0);
  });

  test("the SDK verifies our tokens by our JWKS, and finds the metadata in them", async () => {
    await metadata.updateUserMetadata("user_11", { publicMetadata: { role: "admin" }, claims: ["role"] });
    const token = await metadata.issueToken("user_11");
    const claims = await verifyToken(token, { secretKey: SECRET_KEY, apiUrl: apiUrl() });
    expect(claims).toMatchObject({ sub: "user_11", metadata_role: "admin" });
  });
});

describe.each<[string, StartHttpApp]>([
  ["Express", startExpress(express)],
  ["Express behind its own parsers", startParsed],
  ["Koa", startKoa(Koa, "option")],
  ["Fastify", startFastify(fastify)],
  ["hapi", startHapi(hapi)],
  ["LoopBack", startLoopback(rest)],
  ["Lambda, format 1.0", startBehind(restApi)],
  ["Lambda, format 2.0", startBehind(httpApi)],
  ["Nest on Express", onExpress.start],
  ["Nest on Fastify", onFastify.start],
  ["fetch, on Hono", startHono],
])("%s carries what is odd in it", (_, start) => {
  const { metadata, apiUrl } = running(start);
  const me = async (userId: string, path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${await metadata.issueToken(userId)}`, ...init.headers };
    const answer = await fetch(`${apiUrl()}/v1/me${path}`, { ...init, headers });
    expect(answer.headers.get("content-type")).toBe("application/json");
    return { status: answer.status, body: await answer.json() };
  };
  const form = (fields: Record<string, string>) => ({ method: "POST", body: new URLSearchParams(fields) });

  test("a front end's form, as clerk-js sends it", async () => {
    await metadata.updateUserMetadata("jane", {
      publicMetadata: { role: "admin" },
      privateMetadata: { stripeId: "cus_marker" },
      unsafeMetadata: { a: { b: 1, c: 2 } },
    });
    const target = "/metadata?_method=PATCH&__clerk_api_version=2026-05-12&_clerk_js_version=6.1.0";
    const sent = { name: "Zoë & Co=+%", a: { b: null }, tags: ["x"] };
    const written = await me("jane", target, form({ unsafe_metadata: JSON.stringify(sent) }));
    expect(written.status).toBe(200);
    expect(written.body).toMatchObject({
      client: null,
      response: {
        object: "user",
        id: "jane",
        public_metadata: { role: "admin" },
        unsafe_metadata: { name: "Zoë & Co=+%", a: { c: 2 }, tags: ["x"] },
      },
    });
    const read = await me("jane", "");
    expect(read).toEqual(written);
    expect(JSON.stringify(read)).not.toMatch(/cus_marker|private/);
  });

  test("a form is refused in Clerk's shape", async () => {
    const code = ({ status, body }: { status: number; body: unknown }) => [
      status,
      (body as { errors: { code: string }[] }).errors[0]?.code,
    ];
    const target = "/metadata?_method=PATCH";
    expect(code(await me("joe", target, form({ public_metadata: "{}" })))).toEqual([
      422,
      "form_param_unknown",
    ]);
    expect(code(await me("joe", target, form({ unsafe_metadata: "{" })))).toEqual([
      400,
      "request_body_invalid",
    ]);
    expect(code(await me("joe", target, form({ unsafe_metadata: "[]" })))).toEqual([
      422,
      "form_param_value_invalid",
    ]);
    expect(code(await me("joe", "/metadata", form({ unsafe_metadata: "{}" })))).toEqual([
      405,
      "method_not_allowed",
    ]);
    const text = { method: "PATCH", body: "{}", headers: { "content-type": "text/plain" } };
    expect(code(await me("joe", "/metadata", text))).toEqual([415, "unsupported_content_type"]);
    expect((await metadata.getUserMetadata("joe")).version).toBe(0);
  });

  test("a server's calls, their errors, and If-Match", async () => {
    const send = async (method: string, body?: string, headers: Record<string, string> = {}) => {
      const answer = await fetch(`${apiUrl()}/v1/users/jim/metadata`, {
        method,
        headers: { authorization: `Bearer ${SECRET_KEY}`, "content-type": "application/json", ...headers },
        ...(body !== undefined && { body }),
      });
      expect(answer.headers.get("content-type")).toBe("application/json");
      return answer;
    };
    const first = await send("PATCH", '{"public_metadata":{"role":"user"}}');
    const etag = first.headers.get("etag") ?? "";
    expect([first.status, etag]).toEqual([200, expect.stringMatching(/^"\d+"$/)]);
    expect((await send("PUT", '{"public_metadata":{}}', { "if-match": etag })).status).toBe(200);
    const late = await send("PATCH", '{"public_metadata":{"role":"lost"}}', { "if-match": etag });
    expect([late.status, await late.json()]).toMatchObject([412, { errors: [{ code: "version_mismatch" }] }]);
    expect((await send("PATCH")).status).toBe(200);
    expect((await send("POST", "{}")).status).toBe(405);
  });
});
