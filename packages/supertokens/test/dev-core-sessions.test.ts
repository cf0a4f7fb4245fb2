/** The unmodified SDK's sessions on the development core: through its Express middleware, as a browser and an app call it. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createUserMetadata, memoryStore } from "@usermeta/core";
import { startDevCore } from "@usermeta/supertokens/dev-core";
import express from "express";
import supertokens, { deleteUser } from "supertokens-node";
import { errorHandler, middleware } from "supertokens-node/framework/express";
import {
  createNewSession,
  createNewSessionWithoutRequestResponse,
  getAllSessionHandlesForUser,
  getSessionInformation,
  getSessionWithoutRequestResponse,
  init,
  mergeIntoAccessTokenPayload,
  refreshSessionWithoutRequestResponse,
  revokeAllSessionsForUser,
  revokeMultipleSessions,
  revokeSession,
  updateSessionDataInDatabase,
} from "supertokens-node/recipe/session";
import { verifySession } from "supertokens-node/recipe/session/framework/express";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What the core's clock is ahead of the SDK's. */
let aheadMs = 0;
let app: string;
const metadata = createUserMetadata({ store: memoryStore() });

beforeAll(async () => {
  const core = await startDevCore({
    port: 0,
    metadata,
    tenants: ["public", "tenant1"],
    now: () => Date.now() + aheadMs,
  });
  supertokens.init({
    telemetry: false,
    framework: "express",
    supertokens: { connectionURI: core.url },
    appInfo: { appName: "test", apiDomain: "http://localhost:3000", websiteDomain: "http://localhost:3000" },
    recipeList: [init({ antiCsrf: "VIA_TOKEN", cookieSecure: false })],
  });
  const server = createServer(buildApp()).listen(0, "127.0.0.1");
  await once(server, "listening");
  app = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return async () => {
    server.close().closeAllConnections();
    await core.close();
  };
});
beforeEach(() => {
  aheadMs = 0;
});

const buildApp = (): express.Express =>
  express()
    .use(middleware())
    .post("/sign-in/:userId", async (request, response) => {
      const userId = supertokens.convertToRecipeUserId(request.params.userId);
      await createNewSession(request, response, "public", userId, { shoe: 9 });
      response.json({});
    })
    .all("/me", verifySession(), (request, response) => {
      const { session } = request as typeof request & { session?: { getUserId(): string } };
      response.json({ userId: session?.getUserId() });
    })
    .get("/checked", verifySession({ checkDatabase: true }), (_request, response) => {
      response.json({});
    })
    .use(errorHandler());

type Tokens = Readonly<Record<"access" | "refresh", string>>;

/** Signs in as an app does that keeps tokens itself. */
const signIn = async (userId: string): Promise<Tokens> =>
  tokensOf(
    await fetch(`${app}/sign-in/${userId}`, { method: "POST", headers: { "st-auth-mode": "header" } }),
  );

const tokensOf = ({ headers }: Response): Tokens => ({
  access: headers.get("st-access-token") ?? "",
  refresh: headers.get("st-refresh-token") ?? "",
});

const callWith = async (path: string, token: string, method = "GET"): Promise<readonly unknown[]> => {
  const response = await fetch(app + path, { method, headers: { authorization: `Bearer ${token}` } });
  return [response.status, await response.json()];
};

const refresh = (token: string): Promise<Response> =>
  fetch(`${app}/auth/session/refresh`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "st-auth-mode": "header" },
  });

const UNAUTHORISED = [401, { message: "unauthorised" }];
const TRY_REFRESH = [401, { message: "try refresh token" }];
const THEFT = [401, { message: "token theft detected" }];

describe("tokens in headers", () => {
  test("none and garbage are refused; a session's own is let through", async () => {
    expect((await fetch(`${app}/me`)).status).toBe(401);
    expect(await callWith("/me", "garbage")).toEqual(UNAUTHORISED);
    const { access } = await signIn("jane");
    expect(await callWith("/me", access)).toEqual([200, { userId: "jane" }]);
    expect(await callWith("/checked", access)).toEqual([200, {}]);
  });

  test("an access token of the version that the SDK reads", async () => {
    const { access } = await signIn("jane");
    const [header, payload] = access.split(".").map((part) => Buffer.from(part, "base64url").toString());
    expect(JSON.parse(header ?? "")).toEqual({
      alg: "RS256",
      typ: "JWT",
      version: "5",
      kid: expect.stringMatching(/^d-/),
    });
    expect(JSON.parse(payload ?? "")).toEqual({
      iat: expect.any(Number),
      exp: expect.any(Number),
      sub: "jane",
      rsub: "jane",
      tId: "public",
      iss: "http://localhost:3000/auth",
      sessionHandle: expect.any(String),
      refreshTokenHash1: expect.stringMatching(/^[0-9a-f]{64}$/),
      parentRefreshTokenHash1: null,
      antiCsrfToken: null,
      shoe: 9,
    });
  });

  test("an expired one asks for a refresh, which gives one that is let through and exchanged once", async () => {
    aheadMs = -2 * HOUR_MS;
    const first = await signIn("jane");
    aheadMs = 0;
    expect(await callWith("/me", first.access)).toEqual(TRY_REFRESH);
    const second = tokensOf(await refresh(first.refresh));
    const response = await fetch(`${app}/me`, { headers: { authorization: `Bearer ${second.access}` } });
    expect(response.status).toBe(200);
    const { access } = tokensOf(response);
    expect(access).not.toBe(second.access);
    expect(await callWith("/me", access)).toEqual([200, { userId: "jane" }]);
  });

  test("a refresh may be repeated until what it gave is used", async () => {
    const first = await signIn("jane");
    const lost = await refresh(first.refresh);
    expect(lost.status).toBe(200);
    const second = tokensOf(await refresh(first.refresh));
    const third = tokensOf(await refresh(second.refresh));
    expect(await callWith("/me", third.access)).toEqual([200, { userId: "jane" }]);
  });

  test.each(["access", "refresh"] as const)(
    "a refresh token is stolen where the %s token that came for it was used, and the session ends",
    async (used) => {
      const first = await signIn("jane");
      const second = tokensOf(await refresh(first.refresh));
      if (used === "access") await callWith("/me", second.access);
      else await refresh(second.refresh);
      const stolen = await refresh(first.refresh);
      expect([stolen.status, await stolen.json()]).toEqual(THEFT);
      expect(await callWith("/checked", second.access)).toEqual(UNAUTHORISED);
      expect((await refresh(second.refresh)).status).toBe(401);
    },
  );

  test("of two branches of one refresh the one that is used second is stolen", async () => {
    const first = await signIn("jane");
    const [one, two] = [tokensOf(await refresh(first.refresh)), tokensOf(await refresh(first.refresh))];
    expect(await callWith("/me", one.access)).toEqual([200, { userId: "jane" }]);
    expect(await (await refresh(two.refresh)).json()).toEqual(THEFT[1]);
  });

  test("a refresh token made by hand is refused", async () => {
    const { access, refresh: token } = await signIn("jane");
    for (const forged of ["garbage", access, `${token.slice(0, -4)}AAAA`])
      expect((await refresh(forged)).status).toBe(401);
    expect((await refresh(token)).status).toBe(200);
  });

  test("a session ends with its last refresh token, 100 days after it was last used", async () => {
    const { refresh: token } = await signIn("jane");
    aheadMs = 99 * DAY_MS;
    const next = tokensOf(await refresh(token));
    const last = tokensOf(await refresh(next.refresh));
    aheadMs = 150 * DAY_MS;
    expect((await refresh(last.refresh)).status).toBe(200);
    aheadMs = 300 * DAY_MS;
    expect((await refresh(last.refresh)).status).toBe(401);
    expect(await getAllSessionHandlesForUser("jane")).not.toContain(
      JSON.parse(Buffer.from(last.access.split(".")[1] ?? "", "base64url").toString()).sessionHandle,
    );
  });

  test("a revoked one is let through until it expires, unless the database is asked", async () => {
    const { access, refresh: token } = await signIn("revoked");
    expect(await revokeAllSessionsForUser("revoked")).toHaveLength(1);
    expect(await callWith("/me", access)).toEqual([200, { userId: "revoked" }]);
    expect(await callWith("/checked", access)).toEqual(UNAUTHORISED);
    expect((await refresh(token)).status).toBe(401);
  });

  test("OPTIONS needs no session", async () => {
    expect((await fetch(`${app}/me`, { method: "OPTIONS" })).status).toBe(200);
  });
});

describe("cookies", () => {
  const cookieOf = (response: Response, name: string): string =>
    response.headers
      .getSetCookie()
      .find((cookie) => cookie.startsWith(`${name}=`))
      ?.split(";")[0] ?? "";

  test("a write needs the anti-CSRF token, and so does a refresh", async () => {
    const signedIn = await fetch(`${app}/sign-in/jane`, {
      method: "POST",
      headers: { "st-auth-mode": "cookie" },
    });
    const antiCsrf = signedIn.headers.get("anti-csrf") ?? "";
    const cookie = cookieOf(signedIn, "sAccessToken");
    const call = async (method: string, headers: Record<string, string>) => {
      const response = await fetch(`${app}/me`, { method, headers: { cookie, ...headers } });
      return [response.status, await response.json()];
    };
    expect(antiCsrf).not.toBe("");
    expect(await call("GET", {})).toEqual([200, { userId: "jane" }]);
    expect(await call("POST", {})).toEqual(TRY_REFRESH);
    expect(await call("POST", { "anti-csrf": "wrong" })).toEqual(TRY_REFRESH);
    expect(await call("POST", { "anti-csrf": antiCsrf })).toEqual([200, { userId: "jane" }]);

    const refreshWith = (headers: Record<string, string>) =>
      fetch(`${app}/auth/session/refresh`, {
        method: "POST",
        headers: { cookie: cookieOf(signedIn, "sRefreshToken"), ...headers },
      });
    expect((await refreshWith({})).status).toBe(401);
    expect((await refreshWith({ "anti-csrf": "wrong" })).status).toBe(401);
    const refreshed = await refreshWith({ "anti-csrf": antiCsrf });
    expect(refreshed.status).toBe(200);

    // The first use of what came with a refresh asks the core, which checks the token too.
    const next = cookieOf(refreshed, "sAccessToken");
    const withNext = (headers: Record<string, string>) =>
      fetch(`${app}/me`, { method: "POST", headers: { cookie: next, ...headers } });
    expect((await withNext({ "anti-csrf": antiCsrf })).status).toBe(401);
    expect((await withNext({ "anti-csrf": refreshed.headers.get("anti-csrf") ?? "" })).status).toBe(200);
  });
});

describe("what an app does with sessions", () => {
  const begin = (userId: string, tenantId = "public", payload = {}) =>
    createNewSessionWithoutRequestResponse(tenantId, supertokens.convertToRecipeUserId(userId), payload, {
      seat: 1,
    });

  test("reads and replaces their data", async () => {
    const session = await begin("data", "public", { shoe: 9 });
    const handle = session.getHandle();
    expect(await session.getSessionDataFromDatabase()).toEqual({ seat: 1 });
    expect(await updateSessionDataInDatabase(handle, { seat: 2 })).toBe(true);
    expect(await mergeIntoAccessTokenPayload(handle, { shoe: null, hat: 3 })).toBe(true);
    expect(await getSessionInformation(handle)).toMatchObject({
      userId: "data",
      tenantId: "public",
      sessionDataInDatabase: { seat: 2 },
      customClaimsInAccessTokenPayload: { hat: 3 },
    });
    expect(session.getAccessTokenPayload()).toMatchObject({ shoe: 9 });
    const { refreshToken = "" } = session.getAllSessionTokensDangerously();
    const next = await refreshSessionWithoutRequestResponse(refreshToken, true);
    expect(next.getAccessTokenPayload()).toMatchObject({ hat: 3 });
    expect(next.getAccessTokenPayload()).not.toHaveProperty("shoe");
  });

  test("changes a token that is in use, with the same end", async () => {
    const session = await begin("regenerate");
    const { exp, refreshTokenHash1 } = session.getAccessTokenPayload();
    await session.mergeIntoAccessTokenPayload({ plan: "pro" });
    const { accessToken } = session.getAllSessionTokensDangerously();
    const read = await getSessionWithoutRequestResponse(accessToken, undefined, { antiCsrfCheck: false });
    expect(read?.getAccessTokenPayload()).toMatchObject({ plan: "pro", exp, refreshTokenHash1 });
  });

  test("of a token that has expired changes the session alone", async () => {
    const session = await begin("late");
    aheadMs = 2 * HOUR_MS;
    await session.mergeIntoAccessTokenPayload({ plan: "pro" });
    const information = await getSessionInformation(session.getHandle());
    expect(information?.customClaimsInAccessTokenPayload).toMatchObject({ plan: "pro" });
  });

  test("finds and ends them, by tenant or in all", async () => {
    const [one, two, three] = [
      await begin("many"),
      await begin("many", "tenant1"),
      await begin("many", "tenant1"),
    ];
    expect(two?.getTenantId()).toBe("tenant1");
    const handles = [one, two, three].map((session) => session.getHandle());
    expect(new Set(await getAllSessionHandlesForUser("many"))).toEqual(new Set(handles));
    expect(await getAllSessionHandlesForUser("many", false, "tenant1")).toEqual(handles.slice(1));
    expect(await revokeAllSessionsForUser("many", false, "public")).toEqual([handles[0]]);
    expect(await revokeSession(handles[1] ?? "")).toBe(true);
    expect(await revokeSession(handles[1] ?? "")).toBe(false);
    expect(await revokeMultipleSessions(handles)).toEqual([handles[2]]);
    expect(await getSessionInformation(handles[2] ?? "")).toBeUndefined();
    expect(await updateSessionDataInDatabase(handles[2] ?? "", {})).toBe(false);
    expect(await mergeIntoAccessTokenPayload(handles[2] ?? "", {})).toBe(false);
  });

  test("deletes a user, with all that is stored", async () => {
    await begin("leaver");
    await metadata.updateUserMetadata("leaver", { publicMetadata: { a: 1 }, privateMetadata: { b: 2 } });
    expect(await deleteUser("leaver")).toEqual({ status: "OK" });
    expect((await metadata.getUserMetadata("leaver")).version).toBe(0);
    expect(await getAllSessionHandlesForUser("leaver")).toEqual([]);
  });
});
