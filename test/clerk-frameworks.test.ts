/**
 * Clerk's packages for Express, Fastify and Hono, unmodified, with tokens of our issuer: an app as Clerk's guides write
 * it, in which only environment variables are changed.
 */
import { createPublicKey } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createClerkClient } from "@clerk/backend";
import { serve } from "@hono/node-server";
import { type TokenIssuer, tokenIssuer, type UserMetadataEngine } from "@usermeta/core";
import express from "express";
import { fastify } from "fastify";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  type ClerkApi,
  listen,
  PUBLISHABLE_KEY,
  type Running,
  SECRET_KEY,
  startClerkApi,
  WHO,
} from "./clerk-api.ts";

let issuer: TokenIssuer;
let metadata: UserMetadataEngine;
let api: ClerkApi;

beforeAll(async () => {
  api = await startClerkApi();
  ({ issuer, metadata } = api);
});
afterAll(() => api.close());

/** What verifies the tokens, as `CLERK_JWT_KEY` has it. */
const pemOf = async (tokens: TokenIssuer): Promise<string> => {
  const [jwk = {}] = (await tokens.jwks()).keys;
  return createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "pem" }) as string;
};

const startExpress = async (): Promise<Running> => {
  const { clerkClient, clerkMiddleware, getAuth } = await import("@clerk/express");
  const app = express().use(clerkMiddleware());
  app.get("/me", (req, res) => {
    const { userId, sessionClaims } = getAuth(req);
    res.json({ userId, role: sessionClaims?.metadata_role });
  });
  app.post("/updateBirthday", async (req, res) => {
    const { userId } = getAuth(req);
    await clerkClient.users.updateUserMetadata(userId as string, {
      publicMetadata: { birthday: "1990-01-01" },
    });
    res.status(200).json({ success: true });
  });
  return listen(app);
};

const startFastify = async (): Promise<Running> => {
  // This package reads its environment once, and asks api.clerk.com for the keys, whatever CLERK_API_URL is.
  vi.stubEnv("CLERK_JWT_KEY", await pemOf(issuer));
  const { clerkClient, clerkPlugin, getAuth } = await import("@clerk/fastify");
  vi.stubEnv("CLERK_JWT_KEY", undefined);
  const app = fastify();
  await app.register(clerkPlugin);
  app.get("/me", async (req) => {
    const { userId, sessionClaims } = getAuth(req);
    return { userId, role: sessionClaims?.metadata_role };
  });
  app.post("/updateBirthday", async (req) => {
    const { userId } = getAuth(req);
    await clerkClient.users.updateUserMetadata(userId as string, {
      publicMetadata: { birthday: "1990-01-01" },
    });
    return { success: true };
  });
  return { url: await app.listen({ port: 0, host: "127.0.0.1" }), close: () => app.close() };
};

const startHono = async (): Promise<Running> => {
  const { clerkMiddleware, getAuth } = await import("@clerk/hono");
  const app = new Hono().use("*", clerkMiddleware());
  app.get("/me", (c) => {
    const { userId, sessionClaims } = getAuth(c);
    return c.json({ userId, role: sessionClaims?.metadata_role });
  });
  app.post("/updateBirthday", async (c) => {
    const { userId } = getAuth(c);
    await c.get("clerk").users.updateUserMetadata(userId as string, {
      publicMetadata: { birthday: "1990-01-01" },
    });
    return c.json({ success: true });
  });
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { url: `http://127.0.0.1:${port}`, close };
};

/** What a browser has after a sign-in: `__client_uat` is when it was, in seconds. */
const cookieOf = (token: string): string => `__session=${token}; __client_uat=1`;

/** A token as a front end's cookie has it, with the origin that it was made for. */
const cookieToken = async (userId: string): Promise<string> =>
  issuer.sign(userId, { ...(await metadata.claims(userId)), sid: "sess_1", azp: "https://app.example.com" });

describe.each([
  ["@clerk/express", startExpress],
  ["@clerk/fastify", startFastify],
  ["@clerk/hono", startHono],
])("%s with our tokens", (name, start) => {
  const userId = `user_${name.slice(7)}`;
  let app: Running;
  beforeAll(async () => {
    app = await start();
    await metadata.updateUserMetadata(userId, { publicMetadata: { role: "admin" }, claims: ["role"] });
  });
  afterAll(() => app.close());
  const me = async (headers: Record<string, string>): Promise<unknown> =>
    (await fetch(`${app.url}/me`, { headers })).json();

  test("getAuth finds the user and the metadata in a bearer token", async () => {
    const authorization = `Bearer ${await metadata.issueToken(userId)}`;
    expect(await me({ authorization })).toEqual({ userId, role: "admin" });
  });

  test("and in the cookie, beside __client_uat; without that cookie nobody is signed in", async () => {
    const token = await cookieToken(userId);
    expect(await me({ cookie: cookieOf(token) })).toEqual({ userId, role: "admin" });
    expect(await me({ cookie: `__session=${token}` })).toEqual({ userId: null });
  });

  test("a token that somebody else has signed is nobody's", async () => {
    const token = await tokenIssuer({ ...WHO, algorithm: "RS256" }).sign(userId, { sid: "sess_1" });
    expect(await me({ authorization: `Bearer ${token}` })).toEqual({ userId: null });
    expect(await me({ cookie: cookieOf(token) })).toEqual({ userId: null });
  });

  test("the guide's sample writes to our database", async () => {
    const headers = { authorization: `Bearer ${await metadata.issueToken(userId)}` };
    const answer = await fetch(`${app.url}/updateBirthday`, { method: "POST", headers });
    expect([answer.status, await answer.json()]).toEqual([200, { success: true }]);
    const { publicMetadata } = await metadata.getUserMetadata(userId);
    expect(publicMetadata).toEqual({ role: "admin", birthday: "1990-01-01" });
  });
});

test("@clerk/fastify finds our keys by the option apiUrl, without CLERK_JWT_KEY", async () => {
  vi.resetModules();
  const { clerkPlugin, getAuth } = await import("@clerk/fastify");
  const app = fastify();
  await app.register(clerkPlugin, { apiUrl: api.url });
  app.get("/me", async (req) => ({ userId: getAuth(req).userId }));
  const authorization = `Bearer ${await metadata.issueToken("user_1")}`;
  const answer = await app.inject({ url: "/me", headers: { authorization } });
  expect(answer.json()).toEqual({ userId: "user_1" });
  await app.close();
});

describe("authenticateRequest of @clerk/backend", () => {
  const authenticate = (headers: Record<string, string>, options: { authorizedParties?: string[] } = {}) =>
    createClerkClient({
      secretKey: SECRET_KEY,
      publishableKey: PUBLISHABLE_KEY,
      apiUrl: api.url,
    }).authenticateRequest(new Request("https://app.example.com/page", { headers }), options);

  test("verifies by our JWKS, and hands the token on", async () => {
    const token = await metadata.issueToken("user_1");
    const state = await authenticate({ authorization: `Bearer ${token}` });
    expect(state.status).toBe("signed-in");
    const auth = state.toAuth();
    expect(auth).toMatchObject({ userId: "user_1", sessionId: expect.any(String) });
    expect(await auth?.getToken()).toBe(token);
  });

  test("authorizedParties want an azp, which issueToken does not set and the issuer signs", async () => {
    const options = { authorizedParties: ["https://app.example.com"] };
    const without = await authenticate(
      { authorization: `Bearer ${await metadata.issueToken("user_1")}` },
      options,
    );
    expect([without.status, without.reason]).toEqual(["signed-out", "token-invalid-authorized-parties"]);
    const cookie = cookieOf(await cookieToken("user_1"));
    expect((await authenticate({ cookie }, options)).status).toBe("signed-in");
    const others = { authorizedParties: ["https://other.example.com"] };
    expect((await authenticate({ cookie }, others)).status).toBe("signed-out");
  });

  test("a page without __client_uat is sent to the handshake of Clerk's Frontend API, which we do not answer", async () => {
    const token = await cookieToken("user_1");
    const page = { accept: "text/html", "sec-fetch-dest": "document" };
    const state = await authenticate({ ...page, cookie: `__session=${token}` });
    expect([state.status, state.reason]).toEqual(["handshake", "session-token-but-no-client-uat"]);
    expect(state.headers.get("location")).toContain("https://clerk.example.com/v1/client/handshake");
    expect((await authenticate({ ...page, cookie: cookieOf(token) })).status).toBe("signed-in");
  });
});
