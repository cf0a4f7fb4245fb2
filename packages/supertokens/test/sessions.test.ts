import { jwtSessions, tokenIssuer } from "@usermeta/core";
import { getSession, verifySession } from "@usermeta/express";
import { revokeAllSessionsForUser, type SessionClaimValidator } from "supertokens-node/recipe/session";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { isSuperTokensSession, superTokensSessions } from "../src/index.ts";
import {
  call,
  cookiesOf,
  engineWith,
  headersOf,
  type Mode,
  refresh,
  signIn,
  startApp,
  startTokens,
  type Tokens,
  tokensOf,
} from "./harness.ts";

const UNAUTHORISED = { message: "unauthorised" };
const TRY_REFRESH = { message: "try refresh token" };
const HOUR_MS = 3_600_000;

await startTokens({ antiCsrf: "VIA_TOKEN" });

const metadata = engineWith(superTokensSessions());
const url = await startApp(metadata, (app) => {
  app.post("/merge", verifySession(metadata), async (request, response) => {
    const session = getSession(request);
    if (!isSuperTokensSession(session)) throw new Error("not a session of supertokens-node");
    await session.mergeIntoAccessTokenPayload({ shoe: 10 });
    response.json({});
  });
  app.post("/sign-out", verifySession(metadata), async (request, response) => {
    const session = getSession(request);
    if (!isSuperTokensSession(session)) throw new Error("not a session of supertokens-node");
    await session.revokeSession();
    response.json({});
  });
});
const checkedUrl = await startApp(engineWith(superTokensSessions({ checkDatabase: true })));

const laterBy = (ms: number): void => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
  onTestFinished(() => void vi.useRealTimers());
};

const asUser = (userId: string, mode: Mode = "header"): Promise<Tokens> =>
  signIn(url, mode, new URLSearchParams({ userId }).toString());

describe.each(["header", "cookie"] as const)("tokens by %s", (mode) => {
  test("a session reads and writes our routes, as itself", async () => {
    const tokens = await asUser(`jane-${mode}`, mode);
    const body = JSON.stringify({ theme: "dark" });
    const headers = { "content-type": "application/json" };
    expect(await call(`${url}/me/updateinfo`, { method: "POST", body, headers, tokens })).toMatchObject({
      status: 200,
      body: { userId: `jane-${mode}`, unsafeMetadata: { theme: "dark" } },
    });
    expect(await call(`${url}/me/metadata`, { tokens })).toMatchObject({
      status: 200,
      body: { userId: `jane-${mode}`, unsafeMetadata: { theme: "dark" } },
    });
  });

  test("a session guards a route of the app's own, with its handle and its payload", async () => {
    const tokens = await asUser("jane", mode);
    const { status, body } = await call(`${url}/own`, { tokens });
    const payload = { sub: "jane", shoe: 9, sessionHandle: body.handle };
    expect([status, body]).toMatchObject([200, { userId: "jane", tenantId: "public", payload }]);
  });

  test("an expired token is told to refresh, also where a session may be missing", async () => {
    const tokens = await asUser("jane", mode);
    laterBy(2 * HOUR_MS);
    for (const path of ["/own", "/optional", "/me/metadata"])
      expect(await call(url + path, { tokens })).toMatchObject({ status: 401, body: TRY_REFRESH });
  });

  test("refreshes, and goes on; the first request after brings the lasting token", async () => {
    const before = await asUser("jane", mode);
    laterBy(2 * HOUR_MS);
    const refreshed = await refresh(url, before);
    const after = tokensOf(refreshed, mode, before);
    expect(refreshed.status).toBe(200);
    expect(after.access).not.toBe(before.access);
    const first = await call(`${url}/me/metadata`, { tokens: after });
    expect(first.status).toBe(200);
    const lasting = tokensOf(first.response, mode, after);
    expect(lasting.access).not.toBe(after.access);
    expect(first.response.headers.get("front-token")).toMatch(/^ey/);
    const second = await call(`${url}/me/metadata`, { tokens: lasting });
    expect([second.status, second.response.headers.get("front-token")]).toEqual([200, null]);
  });

  test("a revoked session passes until it expires, and with checkDatabase at once no more", async () => {
    const tokens = await asUser(`revoked-${mode}`, mode);
    await revokeAllSessionsForUser(`revoked-${mode}`);
    expect((await call(`${url}/me/metadata`, { tokens })).status).toBe(200);
    for (const path of ["/me/metadata", "/own"]) {
      const { status, body, response } = await call(checkedUrl + path, { tokens });
      expect([status, body]).toEqual([401, UNAUTHORISED]);
      expect(response.headers.get("front-token")).toBe("remove");
      expect(response.headers.get("access-control-expose-headers")).toContain("front-token");
      expect([...cookiesOf(response)]).toEqual([
        ["sAccessToken", ""],
        ["sRefreshToken", ""],
      ]);
    }
  });

  test("what a handler merges into its session is sent with its answer", async () => {
    const tokens = await asUser("jane", mode);
    const { status, response } = await call(`${url}/merge`, { method: "POST", tokens });
    const merged = tokensOf(response, mode, tokens);
    expect(status).toBe(200);
    expect((await call(`${url}/own`, { tokens: merged })).body).toMatchObject({ payload: { shoe: 10 } });
    const frontToken = Buffer.from(response.headers.get("front-token") ?? "", "base64").toString();
    expect(JSON.parse(frontToken)).toMatchObject({ uid: "jane", up: { shoe: 10 } });
  });

  test("signing out in a handler clears what the frontend has", async () => {
    const tokens = await asUser("jane", mode);
    const { response } = await call(`${url}/sign-out`, { method: "POST", tokens });
    expect(response.headers.get("front-token")).toBe("remove");
    expect(tokensOf(response, mode, tokens).access).toBe("");
  });
});

describe("without a session", () => {
  const without: readonly [string, Record<string, string>][] = [
    ["nothing", {}],
    ["a Bearer that is not a token", { authorization: "Bearer garbage" }],
    ["two Bearers", { authorization: "Bearer a, Bearer b" }],
    ["another scheme", { authorization: "Basic amFuZTpzZWNyZXQ=" }],
    ["a cookie that is not a token", { cookie: "sAccessToken=garbage" }],
    ["a cookie that was cleared", { cookie: "sAccessToken=" }],
    ["cookies of the app", { cookie: "a=b; %E0%A4%A=x; __proto__=y" }],
  ];

  test.each(without)("%s is refused as the SDK does, and nothing is cleared", async (_, headers) => {
    for (const path of ["/me/metadata", "/own"]) {
      const { status, body, response } = await call(url + path, { headers });
      expect([status, body]).toEqual([401, UNAUTHORISED]);
      expect([response.headers.get("front-token"), response.headers.getSetCookie()]).toEqual([null, []]);
      expect(response.headers.get("content-type")).toBe("application/json");
    }
  });

  test.each(without.filter(([, { authorization }]) => !authorization?.startsWith("Bearer")))(
    "%s is nobody where a session may be missing",
    async (_, headers) => {
      expect(await call(`${url}/optional`, { headers })).toMatchObject({
        status: 200,
        body: { userId: null },
      });
    },
  );

  test.each(["Bearer garbage", "bearer garbage", "Bearer a, Bearer b"])(
    "%s is refused where a session may be missing",
    async (authorization) => {
      expect(await call(`${url}/optional`, { headers: { authorization } })).toMatchObject({
        status: 401,
        body: UNAUTHORISED,
      });
    },
  );

  test("a token with another signature is told to refresh", async () => {
    const [jane, john] = [await asUser("jane"), await asUser("john")];
    const forged = jane.access.replace(/[^.]*$/, john.access.split(".")[2] ?? "");
    expect(await call(`${url}/own`, { tokens: { ...jane, access: forged } })).toMatchObject({
      status: 401,
      body: TRY_REFRESH,
    });
  });

  test.each(["/me/metadata", "/own", "/optional", "/both"])("OPTIONS %s does not crash", async (path) => {
    const { status } = await call(url + path, { method: "OPTIONS" });
    expect(status).toBe({ "/me/metadata": 204, "/optional": 200 }[path] ?? 401);
  });
});

describe("anti-CSRF by token", () => {
  test.each([
    ["none", undefined],
    ["a wrong one", "00000000-0000-4000-8000-000000000000"],
  ])("a cookie that writes with %s is refused, and nothing is written", async (_, antiCsrf) => {
    const tokens = { ...(await asUser("csrf", "cookie")), antiCsrf };
    const body = JSON.stringify({ stolen: true });
    const headers = { "content-type": "application/json" };
    for (const [method, path] of [
      ["POST", "/me/updateinfo"],
      ["PATCH", "/me/metadata"],
      ["PUT", "/me/metadata"],
    ] as const) {
      expect(await call(url + path, { method, body, headers, tokens })).toMatchObject({
        status: 401,
        body: TRY_REFRESH,
      });
    }
    expect(await call(`${url}/me/metadata`, { method: "DELETE", tokens })).toMatchObject({ status: 401 });
    expect((await metadata.getUserMetadata("csrf")).version).toBe(0);
  });

  test.each(["GET", "HEAD"])("%s with the cookie alone is let through", async (method) => {
    const tokens = { ...(await asUser("jane", "cookie")), antiCsrf: undefined };
    expect((await call(`${url}/me/metadata`, { method, tokens })).status).toBe(200);
  });

  test("can be turned off for routes that need none", async () => {
    const lax = await startApp(engineWith(superTokensSessions({ antiCsrfCheck: false })));
    const tokens = { ...(await asUser("jane", "cookie")), antiCsrf: undefined };
    expect((await call(`${lax}/own`, { method: "POST", tokens })).status).toBe(200);
  });
});

describe("several access tokens among the cookies", () => {
  const cookieOf = (...tokens: readonly string[]) =>
    tokens.map((token) => `sAccessToken=${token}`).join("; ");
  const read = (cookie: string, path = "/me/metadata") => call(url + path, { headers: { cookie } });

  test("the one that is valid counts, in any order", async () => {
    const [jane, john] = [await asUser("jane", "cookie"), await asUser("john", "cookie")];
    const forged = jane.access.replace(/[^.]*$/, john.access.split(".")[2] ?? "");
    for (const stale of [forged, "garbage", "a.b.c", `${john.access}==`, "", jane.access])
      for (const cookie of [cookieOf(stale, jane.access), cookieOf(jane.access, stale)])
        expect(await read(cookie), cookie).toMatchObject({ status: 200, body: { userId: "jane" } });
  });

  test("the one that has not expired counts", async () => {
    const old = await asUser("jane", "cookie");
    laterBy(2 * HOUR_MS);
    const { access } = await asUser("jane", "cookie");
    for (const cookie of [cookieOf(old.access, access), cookieOf(access, old.access)])
      expect((await read(cookie)).status).toBe(200);
    // An expired one beside garbage is told to refresh, in any order.
    for (const cookie of [cookieOf(old.access, "garbage"), cookieOf("garbage", old.access)])
      expect(await read(cookie)).toMatchObject({ status: 401, body: TRY_REFRESH });
  });

  test("of two that are valid the first counts", async () => {
    const [jane, john] = [await asUser("jane", "cookie"), await asUser("john", "cookie")];
    const { body } = await read(cookieOf(john.access, jane.access));
    expect(body).toMatchObject({ userId: "john" });
  });

  test("a write needs its proof anyway", async () => {
    const { access, antiCsrf } = await asUser("several", "cookie");
    const headers = { cookie: cookieOf("garbage", access), "content-type": "application/json" };
    const write = (more: Record<string, string>) =>
      call(`${url}/me/updateinfo`, { method: "POST", body: "{}", headers: { ...headers, ...more } });
    expect(await write({})).toMatchObject({ status: 401, body: TRY_REFRESH });
    expect(await write({ "anti-csrf": antiCsrf ?? "" })).toMatchObject({ status: 200 });
  });

  test("a cookie that only looks as if it had the name does not matter", async () => {
    const { access } = await asUser("jane", "cookie");
    for (const name of ["\u00a0sAccessToken", "sAccess%54oken", "saccesstoken"]) {
      expect(await read(`${name}=garbage; ${cookieOf(access)}`)).toMatchObject({ status: 200 });
      expect(await read(`${name}=${access}`)).toMatchObject({ status: 401, body: UNAUTHORISED });
    }
  });
});

describe("a token in another spelling (RFC 7515, section 2)", () => {
  const SPELLINGS: readonly (readonly [name: string, spell: (token: string) => string])[] = [
    ["a space in its header", (token) => `${token.slice(0, 8)} ${token.slice(8)}`],
    ["a tab in its payload", (token) => token.replace(".", ".\t")],
    ["padding behind its signature", (token) => `${token}==`],
    ["the alphabet of base64", (token) => token.replaceAll("-", "+").replaceAll("_", "/")],
  ];

  test.each(SPELLINGS)("%s is refused, in the header and in the cookie", async (_, spell) => {
    const { access } = await asUser("jane", "cookie");
    const spelled = spell(access);
    expect(spelled).not.toBe(access);
    for (const headers of [
      { authorization: `Bearer ${spelled}` },
      { cookie: `sAccessToken=${encodeURIComponent(spelled)}` },
    ]) {
      for (const path of ["/me/metadata", "/own", "/optional"])
        expect(await call(url + path, { headers })).toMatchObject({ status: 401, body: UNAUTHORISED });
      const sent: Record<string, string> = headers;
      const view = {
        method: "GET",
        path: "/",
        query: "",
        header: (name: string) => sent[name],
        body: async () => "",
      };
      await expect(metadata.verifySession(view)).rejects.toMatchObject({ code: "token_invalid" });
    }
  });
});

describe("the app's claim validators", () => {
  const refusing: SessionClaimValidator = {
    id: "second-factor",
    validate: async () => ({ isValid: false, reason: { message: "wrong value", expectedValue: true } }),
  };

  test("a session that one refuses is answered as the frontends expect", async () => {
    const strict = await startApp(
      engineWith(
        superTokensSessions({ overrideGlobalClaimValidators: (validators) => [...validators, refusing] }),
      ),
    );
    const tokens = await asUser("jane");
    for (const path of ["/me/metadata", "/own", "/optional"]) {
      expect(await call(strict + path, { tokens })).toMatchObject({
        status: 403,
        body: {
          message: "invalid claim",
          claimValidationErrors: [
            { id: "second-factor", reason: { message: "wrong value", expectedValue: true } },
          ],
        },
      });
    }
  });
});

describe("tenants", () => {
  test("a session knows its tenant", async () => {
    const tokens = await signIn(url, "header", "userId=jane&tenantId=acme");
    expect((await call(`${url}/own`, { tokens })).body).toMatchObject({ userId: "jane", tenantId: "acme" });
  });

  test("a user's metadata is one over all tenants, as with SuperTokens", async () => {
    const [acme, other] = await Promise.all(
      ["acme", "other"].map((tenantId) => signIn(url, "header", `userId=shared&tenantId=${tenantId}`)),
    );
    const headers = { "content-type": "application/json" };
    await call(`${url}/me/updateinfo`, {
      method: "POST",
      body: '{"theme":"dark"}',
      headers,
      ...(acme && { tokens: acme }),
    });
    expect((await call(`${url}/me/metadata`, other && { tokens: other })).body).toMatchObject({
      unsafeMetadata: { theme: "dark" },
    });
  });
});

describe("with others", () => {
  test("an object named session that is not a session is not believed", async () => {
    const view = {
      method: "GET",
      path: "/",
      query: "",
      header: () => undefined,
      body: async () => "",
      raw: { session: { getUserId: () => "mallory", userId: "mallory" } },
    };
    await expect(metadata.verifySession(view)).rejects.toMatchObject({
      code: "session_missing",
      status: 401,
      body: UNAUTHORISED,
    });
  });

  test("tokens of another issuer are verified beside those of SuperTokens", async () => {
    const who = { issuer: "http://localhost:3000", audience: "my-app" };
    const issuer = tokenIssuer(who);
    const both = engineWith(superTokensSessions(), {
      sessions: [superTokensSessions(), jwtSessions({ ...who, keys: issuer.jwks })],
      issuer,
    });
    const address = await startApp(both);
    const authorization = `Bearer ${await both.issueToken("jim")}`;
    expect((await call(`${address}/own`, { headers: { authorization } })).body).toMatchObject({
      userId: "jim",
    });
    expect((await call(`${address}/own`, { tokens: await asUser("jane") })).body).toMatchObject({
      userId: "jane",
    });
  });

  test.each([
    ["/own", "session_missing", {}],
    ["/own", "token_invalid", { authorization: "Bearer garbage" }],
  ])("%s: the code behind the SDK's words is %s", async (path, code, headers: Record<string, string>) => {
    const view = {
      method: "GET",
      path,
      query: "a=1",
      header: (name: string) => headers[name],
      body: async () => "",
    };
    await expect(metadata.verifySession(view)).rejects.toMatchObject({
      code,
      status: 401,
      body: UNAUTHORISED,
    });
  });

  test("the code of an expired token is token_expired", async () => {
    const tokens = await asUser("jane");
    laterBy(2 * HOUR_MS);
    const headers = headersOf(tokens);
    const view = {
      method: "GET",
      path: "/",
      query: "",
      header: (name: string) => headers[name],
      body: async () => "",
    };
    await expect(metadata.verifySession(view)).rejects.toMatchObject({
      code: "token_expired",
      body: TRY_REFRESH,
    });
  });
});
