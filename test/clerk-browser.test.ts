/** What clerk-js asks of the clerk dialect, over HTTP: by the app's cookie, on each adapter that its own app can start. */

import * as hapi from "@hapi/hapi";
import * as loopback from "@loopback/rest";
import type { HttpMount, RunningApp, StartHttpApp } from "@usermeta/conformance/http";
import { createUserMetadata, jwtSessions, memoryStore, type Session, tokenIssuer } from "@usermeta/core";
import { clerkDialect } from "@usermeta/core/clerk";
import express from "express";
import { fastify } from "fastify";
import { createRemoteJWKSet, jwtVerify } from "jose";
import Koa from "koa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startOn as startExpress } from "../packages/express/test/start.ts";
import { startOn as startFastify } from "../packages/fastify/test/start.ts";
import { startHono } from "../packages/fetch/test/start.ts";
import { startOn as startHapi } from "../packages/hapi/test/start.ts";
import { startOn as startKoa } from "../packages/koa/test/start.ts";
import { functionUrl, httpApi, restApi } from "../packages/lambda/test/gateway.ts";
import { startBehind } from "../packages/lambda/test/start.ts";
import { startOn as startLoopback } from "../packages/loopback/test/start.ts";
import { onExpress, onFastify } from "../packages/nest/test/start.ts";

interface Client {
  readonly sessions: readonly { readonly last_active_token: { readonly jwt: string } | null }[];
  readonly last_active_session_id: string;
}

/** What the tests read of an answer. */
interface Answered {
  readonly response: Client & {
    readonly id: string;
    readonly unsafe_metadata: object;
    readonly updated_at: number;
  };
  readonly client: Client | null;
  readonly object: string;
  readonly jwt: string;
  readonly errors?: readonly { readonly code: string }[];
}

const ISSUER = "https://clerk.test";
const MOUNT: HttpMount = { prefix: "/auth", bodyParser: false };

const createEngine = (isInBrowser = true) => {
  const tokens = tokenIssuer({ issuer: ISSUER, audience: "app", algorithm: "RS256" });
  const cookies = tokenIssuer({ issuer: ISSUER, audience: "session" });
  const ended: string[] = [];
  const metadata = createUserMetadata({
    store: memoryStore(),
    sessions: [
      jwtSessions({ issuer: ISSUER, audience: "session", keys: cookies.jwks, cookie: "session" }),
      jwtSessions({ issuer: ISSUER, audience: "app", keys: tokens.jwks }),
    ],
    issuer: tokens,
    dialects: [
      clerkDialect({
        ...(isInBrowser && {
          signOut: (session) => {
            ended.push(session.getUserId());
            return ["session=; Path=/; Max-Age=0", "remember=; Path=/; Max-Age=0"];
          },
        }),
      }),
    ],
  });
  return { metadata, cookies, ended };
};

const WRITE = { method: "POST", body: new URLSearchParams({ organization_id: "" }) };
const FOREIGN = { origin: "https://evil.test", "sec-fetch-site": "cross-site" };

describe.each<[string, StartHttpApp]>([
  ["Express", startExpress(express)],
  ["Koa", startKoa(Koa, "option")],
  ["Fastify", startFastify(fastify)],
  ["fetch, on Hono", startHono],
  ["hapi", startHapi(hapi)],
  ["LoopBack", startLoopback(loopback)],
  ["Nest, on Express", onExpress.start],
  ["Nest, on Fastify", onFastify.start],
  ["Lambda, behind a REST API", startBehind(restApi)],
  ["Lambda, behind a function URL", startBehind(functionUrl)],
  ["Lambda, behind an HTTP API", startBehind(httpApi)],
])("clerk-js on %s", (_, start) => {
  const { metadata, cookies, ended } = createEngine();
  let app: RunningApp;
  beforeAll(async () => {
    app = await start(metadata, MOUNT);
  });
  afterAll(async () => {
    await app.close();
    await metadata.close();
  });
  const send = async (path: string, { headers, ...init }: RequestInit = {}) => {
    const sent = { origin: app.url, ...(headers as Record<string, string>) };
    const answer = await fetch(`${app.url}/auth${path}`, { ...init, headers: sent });
    expect(answer.headers.get("content-type")).toBe("application/json");
    const body = (await answer.json()) as Answered;
    return { status: answer.status, headers: answer.headers, body, code: body.errors?.[0]?.code };
  };
  /** What a browser of a user sends. */
  const browserOf = async (userId: string) => {
    const cookie = `session=${await cookies.sign(userId)}`;
    const ask = (path: string, { headers, ...init }: RequestInit = {}) =>
      send(path, { ...init, headers: { cookie, ...(headers as Record<string, string>) } });
    const { body } = await ask("/v1/client");
    return { ask, client: body.response, sessionId: body.response.last_active_session_id };
  };
  const verify = (jwt: string) =>
    jwtVerify(jwt, createRemoteJWKSet(new URL(`${app.url}/auth/v1/jwks`)), {
      issuer: ISSUER,
      audience: "app",
    });

  test("the environment is there for anyone", async () => {
    expect(await send("/v1/environment?_clerk_js_version=6.40.0")).toMatchObject({ status: 200, body: {} });
  });

  test("without a session, and with one that is not valid, the client has no sessions", async () => {
    const none = { sessions: [], last_active_session_id: null, object: "client" };
    for (const headers of [{}, { cookie: "session=x.y.z" }, { authorization: "Bearer x.y.z" }]) {
      const { status, body } = await send("/v1/client", { headers });
      expect([status, body]).toMatchObject([200, { response: none, client: null }]);
    }
  });

  test("with one, the client has the session, its user without the private tier, and a token", async () => {
    await metadata.updateUserMetadata("jane", {
      publicMetadata: { role: "admin" },
      privateMetadata: { stripeId: "cus_marker" },
      unsafeMetadata: { theme: "dark" },
    });
    const { client, sessionId, ask } = await browserOf("jane");
    const [session] = client.sessions;
    expect(session).toMatchObject({
      id: sessionId,
      status: "active",
      user: { id: "jane", public_metadata: { role: "admin" }, unsafe_metadata: { theme: "dark" } },
    });
    const { payload } = await verify(session?.last_active_token?.jwt ?? "");
    expect(payload).toMatchObject({ sub: "jane", sid: sessionId, azp: app.url });
    expect(JSON.stringify(client)).not.toMatch(/private|cus_marker/);
    expect((await ask("/v1/client")).headers.get("cache-control")).toBe("no-store");
  });

  test("a token that verifies by our JWKS, and opens the app's routes, but gets no other token", async () => {
    const { ask, sessionId } = await browserOf("joe");
    const path = `/v1/client/sessions/${sessionId}/tokens`;
    const { status, body } = await ask(path, WRITE);
    expect([status, body.object]).toEqual([200, "token"]);
    expect((await verify(body.jwt)).payload).toMatchObject({ sub: "joe", sid: sessionId, azp: app.url });
    const headers = { authorization: `Bearer ${body.jwt}` };
    expect((await send("/v1/me", { headers })).body.response.id).toBe("joe");
    expect(await send(path, { ...WRITE, headers })).toMatchObject({ code: "authentication_invalid" });
    expect((await send("/v1/client", { headers })).body.response.sessions).toEqual([]);
    expect((await send("/v1/me", { headers })).body.client).toBeNull();
    // As a cookie it is of the wrong audience.
    const cookie = { cookie: `session=${body.jwt}` };
    expect((await send("/v1/client", { headers: cookie })).body.response.sessions).toEqual([]);
  });

  test("another session's token, and any without a session, is refused", async () => {
    const { ask } = await browserOf("joe");
    const { sessionId } = await browserOf("jane");
    for (const action of ["tokens", "touch"]) {
      const path = `/v1/client/sessions/${sessionId}/${action}`;
      for (const call of [ask, send])
        expect(await call(path, WRITE)).toMatchObject({ status: 401, code: "authentication_invalid" });
    }
  });

  test("version 5 replaces the tier, version 6 merges; the client comes with both", async () => {
    const { ask, sessionId } = await browserOf("kim");
    const write = async (path: string, unsafe: object) => {
      const body = new URLSearchParams({ unsafe_metadata: JSON.stringify(unsafe) });
      const answer = await ask(`${path}?_method=PATCH`, { method: "POST", body });
      expect(answer.status).toBe(200);
      const { response, client } = answer.body;
      expect(client?.sessions).toMatchObject([{ id: sessionId, user: response }]);
      return response;
    };
    await write("/v1/me/metadata", { a: 1, b: 1 });
    const merged = await write("/v1/me/metadata", { b: null, c: 1 });
    expect(merged.unsafe_metadata).toEqual({ a: 1, c: 1 });
    const replaced = await write("/v1/me", { d: 1 });
    expect(replaced.unsafe_metadata).toEqual({ d: 1 });
    expect(replaced.updated_at).toBeGreaterThan(merged.updated_at);
    const read = await ask("/v1/me");
    expect(read.body).toMatchObject({ response: replaced, client: { sessions: [{ user: replaced }] } });
    expect(read.headers.get("cache-control")).toBe("no-store");
    const touched = await ask(`/v1/client/sessions/${sessionId}/touch`, WRITE);
    expect(touched.body).toMatchObject({ response: { user: replaced }, client: { sessions: [{}] } });
  });

  test("the user's other tiers are out of reach", async () => {
    const { ask } = await browserOf("kim");
    const body = new URLSearchParams({ public_metadata: "{}" });
    const answer = await ask("/v1/me?_method=PATCH", { method: "POST", body });
    expect(answer).toMatchObject({ status: 422, code: "form_param_unknown" });
  });

  test("signing out is the app's: its cookies go, by DELETE and by POST", async () => {
    const { ask } = await browserOf("lea");
    for (const [path, method] of [
      ["/v1/client/sessions", "DELETE"],
      ["/v1/client/sessions?_method=DELETE", "POST"],
    ] as const) {
      const { status, headers, body } = await ask(path, { method });
      expect([status, body.response.sessions]).toEqual([200, []]);
      expect(headers.getSetCookie()).toEqual(["session=; Path=/; Max-Age=0", "remember=; Path=/; Max-Age=0"]);
    }
    expect(ended).toEqual(["lea", "lea"]);
    expect((await ask("/v1/client/sessions", { method: "POST" })).status).toBe(405);
  });

  test("another origin's page writes nothing, gets no token and signs nobody out", async () => {
    const { ask, sessionId } = await browserOf("max");
    const before = ended.length;
    for (const [path, method] of [
      ["/v1/me?_method=PATCH", "POST"],
      ["/v1/me", "PATCH"],
      ["/v1/me/metadata?_method=PATCH", "POST"],
      [`/v1/client/sessions/${sessionId}/tokens`, "POST"],
      [`/v1/client/sessions/${sessionId}/touch`, "POST"],
      ["/v1/client/sessions?_method=DELETE", "POST"],
      ["/v1/client/sessions", "DELETE"],
    ] as const) {
      const body = new URLSearchParams({ unsafe_metadata: '{"stolen":true}' });
      const answer = await ask(path, { method, body, headers: FOREIGN });
      expect(answer, path).toMatchObject({ status: 403, code: "origin_invalid" });
    }
    expect((await metadata.getUserMetadata("max")).version).toBe(0);
    expect(ended.length).toBe(before);
  });
});

test("without signOut a cookie gets no token, and no client", async () => {
  const { metadata, cookies } = createEngine(false);
  const app = await startHono(metadata, MOUNT);
  const headers = { cookie: `session=${await cookies.sign("ada")}` };
  const ask = (path: string, init: RequestInit = {}) => fetch(`${app.url}/auth${path}`, { headers, ...init });
  for (const path of ["/v1/client", "/v1/environment"]) expect((await ask(path)).status).toBe(404);
  expect((await ask("/v1/client/sessions/sess_ada/tokens", { method: "POST" })).status).toBe(404);
  expect(await (await ask("/v1/me")).json()).toMatchObject({ response: { id: "ada" }, client: null });
  await app.close();
  await metadata.close();
});

test("a token in a header of the app's own gets neither a client nor another token", async () => {
  const tokens = tokenIssuer({ issuer: ISSUER, audience: "app", algorithm: "RS256" });
  const cookies = tokenIssuer({ issuer: ISSUER, audience: "session" });
  const byBearer = jwtSessions({ issuer: ISSUER, audience: "app", keys: tokens.jwks });
  const metadata = createUserMetadata({
    store: memoryStore(),
    sessions: [
      // Verifiers that read another header, and what a framework's middleware has left on its request.
      (view) => {
        const token = view.header("x-app-token");
        const header = (name: string) => (name === "authorization" ? `Bearer ${token}` : undefined);
        return token === undefined ? undefined : byBearer({ ...view, header });
      },
      ({ raw }) => (raw as { readonly session: Session }).session,
      jwtSessions({ issuer: ISSUER, audience: "session", keys: cookies.jwks, cookie: "session" }),
    ],
    issuer: tokens,
    dialects: [clerkDialect({ signOut: () => [] })],
  });
  const app = await startHono(metadata, MOUNT);
  const ask = async (path: string, headers: Record<string, string>, method = "GET") => {
    const sent = { method, headers: { origin: app.url, ...headers } };
    const answer = await fetch(`${app.url}/auth${path}`, sent);
    return { status: answer.status, body: (await answer.json()) as Answered };
  };
  const cookie = { cookie: `session=${await cookies.sign("ada")}` };
  const token = { "x-app-token": await metadata.issueToken("ada") };
  const sessionId = (await ask("/v1/client", cookie)).body.response.last_active_session_id;
  expect((await ask(`/v1/client/sessions/${sessionId}/tokens`, cookie, "POST")).status).toBe(200);
  for (const headers of [token, { ...cookie, ...token }]) {
    expect((await ask("/v1/client", headers)).body.response.sessions).toEqual([]);
    expect((await ask("/v1/me", headers)).body).toMatchObject({ response: { id: "ada" }, client: null });
    for (const id of [sessionId, "sess_ada"])
      expect((await ask(`/v1/client/sessions/${id}/tokens`, headers, "POST")).status).toBe(401);
  }
  await app.close();
  await metadata.close();
});
