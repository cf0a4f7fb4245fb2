import { once } from "node:events";
import { createServer } from "node:http";
import { UserMetadataError } from "@usermeta/core";
import {
  createDevCore,
  type DevCore,
  type DevCoreOptions,
  startDevCore,
} from "@usermeta/supertokens/dev-core";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { afterEach, describe, expect, test } from "vitest";

const cores: DevCore[] = [];
afterEach(async () => {
  for (const core of cores.splice(0)) await core.close();
});

const start = async (options: DevCoreOptions = {}) => {
  const core = await startDevCore({ port: 0, ...options });
  cores.push(core);
  const call = async (
    method: string,
    path: string,
    body?: object,
    version = "5.4",
  ): Promise<readonly [number, unknown]> => {
    const response = await fetch(core.url + path, {
      method,
      headers: { "cdi-version": version, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return [
      response.status,
      response.headers.get("content-type") === "application/json" ? JSON.parse(text) : text,
    ];
  };
  return { ...core, call };
};

const SESSION = {
  userId: "jane",
  userDataInJWT: { shoe: 9 },
  userDataInDatabase: {},
  enableAntiCsrf: false,
  useDynamicSigningKey: true,
};

const JWT = { algorithm: "RS256", jwksDomain: "https://app.test", payload: {}, validity: 60 };

interface Started {
  readonly session: { readonly handle: string };
  readonly accessToken: { readonly token: string; readonly expiry: number; readonly createdTime: number };
  readonly refreshToken: { readonly token: string; readonly expiry: number; readonly createdTime: number };
}

const ONE_OF = "Invalid JSON input - use one of userId or sessionHandles array";

describe("calls by hand", () => {
  test("the handshake, users, and what it is not", async () => {
    const { call } = await start();
    expect(await call("GET", "/apiversion?apiDomain=a&websiteDomain=b")).toEqual([
      200,
      { versions: ["3.0", "3.1", "4.0", "5.0", "5.1", "5.2", "5.3", "5.4"] },
    ]);
    expect(await call("GET", "/user/id?userId=jane")).toEqual([200, { status: "UNKNOWN_USER_ID_ERROR" }]);
    expect(await call("POST", "/recipe/signup", {})).toEqual([404, "Not found"]);
    expect(await call("GET", "/users")).toEqual([404, "Not found"]);
    expect(await call("DELETE", "/recipe/session")).toEqual([405, "Method not supported"]);
  });

  test("a session as the interface has it, under the key that was asked for", async () => {
    const { call } = await start({ accessTokenValiditySeconds: 60, refreshTokenValiditySeconds: 120 });
    const [, jwks] = await call("GET", "/.well-known/jwks.json");
    expect(jwks).toEqual({
      keys: ["d", "s"].map((kind) => ({
        kty: "RSA",
        n: expect.any(String),
        e: "AQAB",
        kid: expect.stringMatching(`^${kind}-`),
        alg: "RS256",
        use: "sig",
      })),
    });
    for (const useDynamicSigningKey of [true, false]) {
      const [, begun] = await call("POST", "/public/recipe/session", { ...SESSION, useDynamicSigningKey });
      const { accessToken, refreshToken } = begun as Started;
      expect(begun).toEqual({
        status: "OK",
        session: {
          handle: expect.any(String),
          userId: "jane",
          recipeUserId: "jane",
          tenantId: "public",
          userDataInJWT: { shoe: 9 },
        },
        accessToken: {
          token: expect.any(String),
          expiry: expect.any(Number),
          createdTime: expect.any(Number),
        },
        refreshToken: {
          token: expect.any(String),
          expiry: expect.any(Number),
          createdTime: expect.any(Number),
        },
      });
      expect(refreshToken.expiry - refreshToken.createdTime).toBe(120_000);
      const { payload } = await jwtVerify(accessToken.token, createLocalJWKSet(jwks as never));
      expect(Number(payload.exp) - Number(payload.iat)).toBe(60);
      expect(accessToken.expiry).toBe(Number(payload.exp) * 1000);
      expect(decodeProtectedHeader(accessToken.token).kid).toMatch(useDynamicSigningKey ? /^d-/ : /^s-/);
      const refresh = { refreshToken: refreshToken.token, enableAntiCsrf: true, useDynamicSigningKey };
      const [, refreshed] = await call("POST", "/recipe/session/refresh", refresh);
      expect(refreshed).toMatchObject({ status: "OK", antiCsrfToken: expect.any(String) });
    }
  });

  test("before version 4.0 of the interface, an access token of version 4, without its recipe user", async () => {
    const { call } = await start();
    const [, begun] = await call("POST", "/recipe/session", SESSION, "3.0");
    const { session, accessToken, refreshToken } = begun as Started;
    expect(session).toEqual({
      handle: expect.any(String),
      userId: "jane",
      tenantId: "public",
      userDataInJWT: { shoe: 9 },
    });
    const check = { doAntiCsrfCheck: false, enableAntiCsrf: false };
    const seen = async (token: string, version: string) => {
      expect(decodeProtectedHeader(token).version).toBe(version);
      expect(Object.hasOwn(decodeJwt(token), "rsub")).toBe(version === "5");
      const [, verified] = await call(
        "POST",
        "/recipe/session/verify",
        { accessToken: token, ...check },
        "3.0",
      );
      return verified;
    };
    expect(await seen(accessToken.token, "4")).toEqual({ status: "OK", session });
    const regenerate = { accessToken: accessToken.token, userDataInJWT: { shoe: 10 } };
    const [, regenerated] = await call("POST", "/recipe/session/regenerate", regenerate, "5.4");
    expect(await seen((regenerated as Started).accessToken.token, "4")).toMatchObject({ status: "OK" });
    const refresh = { refreshToken: refreshToken.token, enableAntiCsrf: false };
    const [, refreshed] = await call("POST", "/recipe/session/refresh", refresh, "4.0");
    // What comes with a refresh is exchanged at its first use.
    expect(await seen((refreshed as Started).accessToken.token, "5")).toMatchObject({
      session: { recipeUserId: "jane" },
      accessToken: { token: expect.any(String) },
    });
    const path = `/recipe/session?sessionHandle=${session.handle}`;
    const stolen = { handle: session.handle, userId: "jane" };
    for (const [version, more] of [
      ["3.1", {}],
      ["4.0", { recipeUserId: "jane" }],
    ] as const) {
      const [, theft] = await call("POST", "/recipe/session/refresh", refresh, version);
      expect(theft).toEqual({ status: "TOKEN_THEFT_DETECTED", session: { ...stolen, ...more } });
      const [, information] = await call("GET", path, undefined, version);
      expect(Object.hasOwn(information as object, "recipeUserId")).toBe("recipeUserId" in more);
    }
  });

  test("a JWT of the app's own claims, under the key that was asked for", async () => {
    const { call } = await start({ now: () => 1_700_000_000_000 });
    const [, jwks] = await call("GET", "/.well-known/jwks.json");
    for (const useStaticSigningKey of [undefined, true, false]) {
      const sent = { ...JWT, payload: { iss: "me", exp: 1, role: "x" }, useStaticSigningKey };
      const [status, answer] = await call("POST", "/recipe/jwt", sent);
      const { jwt } = answer as { jwt: string };
      expect([status, answer]).toEqual([200, { status: "OK", jwt: expect.any(String) }]);
      const verified = await jwtVerify(jwt, createLocalJWKSet(jwks as never), {
        currentDate: new Date(1_700_000_000_000),
      });
      const [iss, iat] = ["https://app.test", 1_700_000_000];
      expect(verified.payload).toEqual({ iss, iat, exp: iat + 60, role: "x" });
      const kid = expect.stringMatching(useStaticSigningKey === false ? /^d-/ : /^s-/);
      expect(verified.protectedHeader).toEqual({ alg: "RS256", typ: "JWT", kid });
    }
    const other = { ...JWT, algorithm: "ES256" };
    expect(await call("POST", "/recipe/jwt", other)).toEqual([
      200,
      { status: "UNSUPPORTED_ALGORITHM_ERROR" },
    ]);
  });

  test("a JWT with the claims of a session is refused as an access token", async () => {
    const { call } = await start();
    const [, begun] = await call("POST", "/recipe/session", SESSION);
    const payload = { ...decodeJwt((begun as Started).accessToken.token), sub: "john" };
    const [, made] = await call("POST", "/recipe/jwt", { ...JWT, payload, useStaticSigningKey: false });
    const verify = {
      accessToken: (made as { jwt: string }).jwt,
      doAntiCsrfCheck: false,
      enableAntiCsrf: false,
    };
    expect(await call("POST", "/recipe/session/verify", verify)).toMatchObject([
      200,
      { status: "TRY_REFRESH_TOKEN" },
    ]);
  });

  test("claims that would pass for the session's are refused wherever they come from", async () => {
    const { call } = await start();
    const [, begun] = await call("POST", "/recipe/session", SESSION);
    const { session, accessToken } = begun as Started;
    const forged = { userDataInJWT: { sub: "john" } };
    const refused = [400, expect.stringContaining("protected field: sub")];
    expect(await call("POST", "/recipe/session", { ...SESSION, ...forged })).toEqual(refused);
    const regenerate = { accessToken: accessToken.token, ...forged };
    expect(await call("POST", "/recipe/session/regenerate", regenerate)).toEqual(refused);
    expect(await call("PUT", "/recipe/jwt/data", { sessionHandle: session.handle, ...forged })).toEqual(
      refused,
    );
    expect(await call("GET", `/recipe/session?sessionHandle=${session.handle}`)).toMatchObject([
      200,
      { userDataInJWT: { shoe: 9 } },
    ]);
  });

  test("what is not a session, or of another core, is answered so", async () => {
    const [one, two] = [await start(), await start()];
    const [, begun] = await two.call("POST", "/recipe/session", SESSION);
    const { session, accessToken, refreshToken } = begun as Started;
    const status = (expected: string) => [200, { status: expected, message: expect.any(String) }];
    const verify = {
      accessToken: accessToken.token,
      doAntiCsrfCheck: false,
      enableAntiCsrf: false,
      checkDatabase: false,
    };
    expect(await one.call("POST", "/recipe/session/verify", verify)).toEqual(status("TRY_REFRESH_TOKEN"));
    const refresh = { refreshToken: refreshToken.token, enableAntiCsrf: false };
    expect(await one.call("POST", "/recipe/session/refresh", refresh)).toEqual(status("UNAUTHORISED"));
    const regenerate = { accessToken: accessToken.token, userDataInJWT: {} };
    expect(await one.call("POST", "/recipe/session/regenerate", regenerate)).toEqual(status("UNAUTHORISED"));
    const data = { sessionHandle: session.handle, userDataInDatabase: {} };
    expect(await one.call("PUT", "/recipe/session/data", data)).toEqual(status("UNAUTHORISED"));
    expect(await one.call("GET", `/recipe/session?sessionHandle=${session.handle}`)).toEqual(
      status("UNAUTHORISED"),
    );
    expect(await one.call("POST", "/recipe/session/remove", { sessionHandles: [session.handle] })).toEqual([
      200,
      { status: "OK", sessionHandlesRevoked: [] },
    ]);
  });

  test("a session of one tenant is ended from another only where all are meant", async () => {
    const { call } = await start({ appId: "shop", tenants: ["public", "tenant1", "tenant2"] });
    await call("POST", "/appid-shop/tenant1/recipe/session", SESSION);
    const remove = (revokeAcrossAllTenants: boolean) =>
      call("POST", "/tenant2/recipe/session/remove", { userId: "jane", revokeAcrossAllTenants });
    expect(await remove(false)).toEqual([200, { status: "OK", sessionHandlesRevoked: [] }]);
    expect(await remove(true)).toMatchObject([200, { sessionHandlesRevoked: [expect.any(String)] }]);
  });

  test.each([
    ["/appid-other", "other", "public"],
    ["/tenant1", "public", "tenant1"],
  ])("an app and a tenant that are not there: %s", async (prefix, app, tenant) => {
    const { call } = await start();
    const message = `connectionURIDomain, appId and tenantId combination not found: (, ${app}, ${tenant})`;
    expect(await call("POST", `${prefix}/recipe/session`, SESSION)).toEqual([
      400,
      expect.stringContaining(message),
    ]);
  });

  test.each([
    ["POST", "/recipe/session", { ...SESSION, userId: 1 }, "Field name 'userId' is invalid in JSON input"],
    [
      "POST",
      "/recipe/session",
      { ...SESSION, enableAntiCsrf: 1 },
      "Field name 'enableAntiCsrf' is invalid in JSON input",
    ],
    [
      "POST",
      "/recipe/session",
      { ...SESSION, enableAntiCsrf: undefined },
      "Field name 'enableAntiCsrf' is invalid in JSON input",
    ],
    [
      "POST",
      "/recipe/session",
      { ...SESSION, useDynamicSigningKey: null },
      "Field name 'useDynamicSigningKey' is invalid in JSON input",
    ],
    ["POST", "/recipe/session/verify", {}, "Field name 'accessToken' is invalid in JSON input"],
    ["GET", "/user/id", undefined, "Field name 'userId' is missing in GET request"],
    ["POST", "/recipe/session/remove", {}, ONE_OF],
    ["POST", "/recipe/session/remove", { userId: "jane", sessionHandles: [] }, ONE_OF],
    ["POST", "/recipe/session/remove", { userId: 1 }, "Field name 'userId' is invalid in JSON input"],
    [
      "POST",
      "/recipe/session/remove",
      { sessionHandles: [1] },
      "Field name 'sessionHandles' is invalid in JSON input",
    ],
    ["POST", "/recipe/jwt", { ...JWT, payload: [] }, "Field name 'payload' is invalid in JSON input"],
    ["POST", "/recipe/jwt", { ...JWT, validity: "60" }, "Field name 'validity' is invalid in JSON input"],
    ["POST", "/recipe/jwt", { ...JWT, validity: 0 }, "validity must be greater than or equal to 0"],
    ["GET", "/recipe/session", undefined, "Field name 'sessionHandle' is missing in GET request"],
  ])("%s %s with a wrong field says which", async (method, path, body, message) => {
    const { call } = await start();
    expect(await call(method, path, body)).toEqual([400, message]);
  });
});

describe("options", () => {
  const refused = async (options: Parameters<typeof startDevCore>[0]): Promise<string> => {
    const failure = await startDevCore(options).then(
      async (core) => core.close(),
      (error: unknown) => error,
    );
    expect(UserMetadataError.is(failure) && failure.code).toBe("options_invalid");
    return (failure as Error).message;
  };

  test("an address that others reach wants a key", async () => {
    expect(await refused({ port: 0, host: "0.0.0.0" })).toMatch(/host is 0\.0\.0\.0.*apiKey/);
    const core = await startDevCore({ port: 0, host: "0.0.0.0", apiKey: "api-key-of-the-tests" });
    cores.push(core);
    expect(core.url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/);
  });

  test("a short key is refused", async () => {
    expect(await refused({ port: 0, apiKey: "short" })).toMatch(/apiKey has 5 characters.*16/);
  });

  test("a port that is taken is told", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    expect(await refused({ port })).toMatch(new RegExp(`127\\.0\\.0\\.1, port ${port}: the port is taken`));
    server.close();
  });
});

test("it is mounted in process too, by any adapter", async () => {
  const core = await createDevCore();
  const outcome = await core.handle({
    method: "GET",
    path: "/hello",
    query: "",
    header: () => undefined,
    body: async () => "",
  });
  expect([outcome?.status, outcome?.body]).toEqual([200, "Hello"]);
});
