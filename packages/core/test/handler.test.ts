import { describe, expect, test } from "vitest";
import {
  addHeaders,
  collectHeaders,
  createUserMetadata,
  type Dialect,
  errorOutcome,
  memoryStore,
  mountAt,
  nativeDialect,
  type Outcome,
  type RequestView,
  type Session,
  UserMetadataError,
  type UserMetadataOptions,
} from "../src/index.ts";

const ADMIN_KEY = "key-of-a-server-1";

const JANE: Session = {
  getUserId: () => "jane",
  getTenantId: () => "public",
  getHandle: () => "",
  getAccessTokenPayload: () => ({}),
};

const engineWith = (options: Partial<UserMetadataOptions> = {}) =>
  createUserMetadata({ store: memoryStore(), sessions: () => JANE, adminKeys: [ADMIN_KEY], ...options });

const ask = async (
  metadata: ReturnType<typeof engineWith>,
  [method, path]: readonly [method: string, path: string],
  sent: Readonly<Record<string, string>> = {},
  body = "",
): Promise<Outcome> => {
  const request: RequestView = {
    method,
    path,
    query: "",
    header: (name) => sent[name],
    body: async () => body,
  };
  const outcome = await metadata.handle(request);
  if (!outcome) throw new Error(`${path} is not answered`);
  return outcome;
};

describe("claimsChanged", () => {
  const write = async (
    metadata: ReturnType<typeof engineWith>,
    route: readonly [string, string],
    json?: object,
  ) => {
    const headers = {
      authorization: `Bearer ${ADMIN_KEY}`,
      ...(json && { "content-type": "application/json" }),
    };
    const outcome = await ask(metadata, route, headers, json && JSON.stringify(json));
    expect(outcome.status).toBe(200);
    return JSON.parse(outcome.body ?? "") as { claimsChanged?: boolean };
  };
  const MINE = "/metadata";
  const ANY = "/users/jane/metadata";

  test("is in the answer of each write after which a new token would say something else", async () => {
    const metadata = engineWith({ claims: { template: { theme: "{{unsafe.theme}}" } } });
    const changing = async (...[method, path, json]: [string, string, object?]) =>
      expect(await write(metadata, [method, path], json)).toHaveProperty("claimsChanged", true);
    await changing("POST", "/updateinfo", { theme: "dark" });
    await changing("PATCH", MINE, { theme: "light" });
    await changing("PUT", MINE, { theme: "dark" });
    await changing("DELETE", MINE);
    await changing("PATCH", ANY, { publicMetadata: { plan: "pro" }, claims: ["plan"] });
    await changing("PATCH", ANY, { publicMetadata: { plan: "free" } });
    await changing("PUT", ANY, { publicMetadata: {} });
  });

  test("is not there if it would say the same, but for the version", async () => {
    const metadata = engineWith({ claims: { template: { theme: "{{unsafe.theme}}" } } });
    const same = async (...[method, path, json]: [string, string, object?]) =>
      expect(await write(metadata, [method, path], json)).not.toHaveProperty("claimsChanged");
    await same("PATCH", MINE, { size: 3 });
    await same("PATCH", ANY, { publicMetadata: { plan: "pro" }, privateMetadata: { stripeId: "cus_1" } });
    await write(metadata, ["PATCH", ANY], { claims: ["plan"] });
    await same("PATCH", ANY, { publicMetadata: { plan: "pro" } });
    await same("PUT", MINE, { size: 4 });
    await same("DELETE", MINE);
    await same("GET", MINE);
  });
});

describe("headers that a session sends", () => {
  test("are collected by lower-case name: one is set in the place of another, or appended to it", () => {
    const collected = collectHeaders();
    collected.setHeader("St-Access-Token", "old");
    collected.setHeader("st-access-token", "new");
    collected.appendHeader("Set-Cookie", "a=1");
    collected.appendHeader("set-cookie", "b=2");
    expect([...collected.headers]).toEqual([
      ["st-access-token", ["new"]],
      ["set-cookie", ["a=1", "b=2"]],
    ]);
  });

  test("stand beside the outcome's own, and nothing is made if there are none", () => {
    const outcome: Outcome = { status: 200, headers: { vary: "Cookie", etag: '"1"' }, body: "{}" };
    expect(addHeaders(outcome, collectHeaders())).toBe(outcome);
    const collected = collectHeaders();
    collected.appendHeader("Vary", "Origin");
    collected.setHeader("X-Token", "t");
    expect(addHeaders(outcome, collected)).toEqual({
      ...outcome,
      headers: { vary: ["Cookie", "Origin"], etag: '"1"', "x-token": ["t"] },
    });
    expect(outcome.headers).toEqual({ vary: "Cookie", etag: '"1"' });
  });

  test.each([
    ["an answer", 200, () => JANE],
    [
      "a refusal of its own",
      401,
      () => {
        throw new UserMetadataError("token_expired", "Expired.");
      },
    ],
    ["a refusal for want of a session", 401, () => undefined],
  ])("come with %s", async (_, status, verify) => {
    const metadata = engineWith({
      sessions: (request) => {
        request.response?.setHeader("front-token", "remove");
        request.response?.appendHeader("set-cookie", "sAccessToken=; Max-Age=0");
        return verify();
      },
    });
    const { headers, ...outcome } = await ask(metadata, ["GET", "/metadata"]);
    expect([outcome.status, headers["front-token"], headers["set-cookie"]]).toEqual([
      status,
      ["remove"],
      ["sAccessToken=; Max-Age=0"],
    ]);
  });
});

describe("the body of an error", () => {
  const body = { message: "invalid claim", claimValidationErrors: [{ id: "st-ev" }] };

  test("is shown in the place of problem+json, with the error's status and headers", () => {
    const error = new UserMetadataError("session_missing", "Sign in.", { body });
    expect(errorOutcome(error)).toEqual({
      status: 401,
      headers: {
        "content-type": "application/json",
        "cache-control": "no-store",
        "www-authenticate": "Bearer",
      },
      body: JSON.stringify(body),
    });
  });

  test("of a failure of 500 and above is shown to nobody", () => {
    const outcome = errorOutcome(new UserMetadataError("jwks_unavailable", "Down.", { body }));
    expect(outcome).toMatchObject({
      status: 503,
      headers: { "content-type": "application/problem+json" },
      error: { body },
    });
    expect(JSON.parse(outcome.body ?? "")).toMatchObject({ code: "jwks_unavailable" });
  });

  test("is what the caller of a route is answered", async () => {
    const metadata = engineWith({
      sessions: () => {
        throw new UserMetadataError("session_claim_invalid", "No second factor.", { body });
      },
    });
    const outcome = await ask(metadata, ["GET", "/metadata"]);
    expect([outcome.status, outcome.body]).toEqual([403, JSON.stringify(body)]);
  });
});

describe("dialects", () => {
  const echo = (name: string, path: string, own: Partial<Dialect> = {}): Dialect => ({
    name,
    routes: () => [
      {
        method: "GET",
        path,
        who: "admin",
        reads: [],
        answers: "object",
        handle: async ({ parameters }) => ({ status: 200, headers: {}, body: JSON.stringify(parameters) }),
      },
    ],
    ...own,
  });

  test.each([
    [
      "the same path",
      [nativeDialect(), echo("other", "/metadata")],
      /native and other both answer \/metadata/,
    ],
    ["one dialect twice", [nativeDialect(), nativeDialect()], /native and native both answer/],
    [
      "paths that differ in a parameter's name alone",
      [nativeDialect(), echo("other", "/users/:id/metadata")],
      /native and other both answer \/users\/:id\/metadata/,
    ],
  ])("%s is refused at construction", (_, dialects, message) => {
    expect(() => engineWith({ dialects })).toThrow(
      expect.objectContaining({ code: "options_invalid", message: expect.stringMatching(message) }),
    );
  });

  test("only those that are named are answered; without any it is our own", async () => {
    const request = (path: string) => ({
      method: "GET",
      path,
      query: "",
      header: () => undefined,
      body: async () => "",
    });
    const other = engineWith({ dialects: [echo("other", "/other")] });
    expect(await other.handle(request("/metadata"))).toBeUndefined();
    expect((await other.handle(request("/other")))?.status).toBe(401);
    const both = engineWith({ dialects: [nativeDialect(), echo("other", "/other")] });
    expect((await both.handle(request("/metadata")))?.status).toBe(200);
    expect((await both.handle(request("/other")))?.status).toBe(401);
    expect((await engineWith().handle(request("/metadata")))?.status).toBe(200);
    expect(await engineWith().handle(request("/other"))).toBeUndefined();
  });

  test("each finds its admin key, and tells of errors, in its own way; on its own routes alone", async () => {
    const own = echo("own", "/own/:name", {
      readAdminKey: (request) => request.header("api-key"),
      toOutcome: (failure) => ({
        status: 418,
        headers: { "content-type": "text/plain" },
        body: UserMetadataError.is(failure) ? failure.code : "?",
      }),
    });
    const metadata = engineWith({ dialects: [nativeDialect(), own] });
    const get = async (path: string, headers: Record<string, string>) => {
      const { status, body } = await ask(metadata, ["GET", path], headers);
      return [status, body];
    };
    expect(await get("/own/a%2Fb", { "api-key": ADMIN_KEY })).toEqual([200, '{"name":"a/b"}']);
    expect(await get("/own/a", { authorization: `Bearer ${ADMIN_KEY}` })).toEqual([418, "admin_key_missing"]);
    expect(await get("/own/a", { "api-key": "another-key-of-16" })).toEqual([418, "admin_key_invalid"]);
    expect(await get("/own/%zz", { "api-key": ADMIN_KEY })).toEqual([418, "path_invalid"]);
    const wrongMethod = await ask(metadata, ["POST", "/own/a"]);
    expect([wrongMethod.status, wrongMethod.body]).toEqual([418, "method_not_allowed"]);
    const native = await ask(metadata, ["GET", "/users/jane/metadata"], { "api-key": ADMIN_KEY });
    expect([native.status, native.headers["content-type"]]).toEqual([401, "application/problem+json"]);
  });
});

describe("who is let through", () => {
  const told = async (path: string, sent: Record<string, string> = {}, refuse = false) => {
    const callers: unknown[] = [];
    const outcome = await mountAt(
      engineWith({ adminKeys: ["another-key-of-a-server", ADMIN_KEY] }),
      "/api",
    )({
      method: "GET",
      path: `/api${path}`,
      query: "",
      header: (name) => sent[name],
      body: async () => "",
      admit: (caller) => {
        callers.push(caller);
        if (refuse) throw new UserMetadataError("rate_limited", "Wait.");
      },
    });
    return [outcome?.status, ...callers];
  };
  const admin = { authorization: `Bearer ${ADMIN_KEY}` };

  test("is told once the credentials are verified, and can be refused", async () => {
    expect(await told("/metadata")).toEqual([200, { userId: "jane" }]);
    expect(await told("/users/joe/metadata", admin)).toEqual([200, { adminKey: 1 }]);
    expect(await told("/metadata", {}, true)).toEqual([429, { userId: "jane" }]);
    expect(await told("/users/joe/metadata", admin, true)).toEqual([429, { adminKey: 1 }]);
  });

  test("is not told of a caller that is not, or that nobody asks for", async () => {
    expect(await told("/users/joe/metadata", { authorization: "Bearer guessed-key-of-a-server" })).toEqual([
      401,
    ]);
    expect(await told("/openapi.json", admin)).toEqual([200]);
    expect(await told("/nothing", admin)).toEqual([undefined]);
  });
});
