import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { type ClerkDialectOptions, clerkDialect } from "../src/dialects/clerk/index.ts";
import {
  createUserMetadata,
  jwtSessions,
  memoryStore,
  nativeDialect,
  type RequestBody,
  tokenIssuer,
  type UserMetadataOptions,
} from "../src/index.ts";

const SECRET_KEY = "sk_test_of_the_tests";
const WHO = { issuer: "https://issuer.test", audience: "app" };
const JSON_TYPE = { "content-type": "application/json" };
const FORM = { "content-type": "application/x-www-form-urlencoded" };

type Headers = Readonly<Record<string, string>>;

const setUp = (dialect: ClerkDialectOptions = {}, options: Partial<UserMetadataOptions> = {}) => {
  const issuer = tokenIssuer(WHO);
  const metadata = createUserMetadata({
    store: memoryStore(),
    adminKeys: [SECRET_KEY],
    sessions: jwtSessions({ ...WHO, keys: issuer.jwks, cookie: "session" }),
    dialects: [nativeDialect(), clerkDialect(dialect)],
    issuer,
    ...options,
  });
  const send = async (method: string, target: string, body: RequestBody = "", sent: Headers = {}) => {
    const [path = "", query = ""] = target.split("?");
    const header = (name: string) => sent[name];
    const outcome = await metadata.handle({ method, path, query, header, body: async () => body });
    if (!outcome) throw new Error(`${target} is not answered`);
    expect(outcome.headers["content-type"] ?? "application/json").toBe("application/json");
    return { ...outcome, json: JSON.parse(outcome.body ?? "null") };
  };
  const key = { authorization: `Bearer ${SECRET_KEY}` };
  /** A server's call. */
  const admin = (method: string, target: string, body?: object, headers: Headers = {}) =>
    send(method, target, body && JSON.stringify(body), { ...key, ...JSON_TYPE, ...headers });
  /** A front end's call. */
  const user = async (userId: string, call: string, body = "", headers: Headers = {}) => {
    const [method = "", target = ""] = call.split(" ");
    const authorization = `Bearer ${await metadata.issueToken(userId)}`;
    return send(method, target, body, { authorization, ...(body && FORM), ...headers });
  };
  return { metadata, send, admin, user };
};

type Answer = Awaited<ReturnType<ReturnType<typeof setUp>["send"]>>;

const refusal = ({ status, json }: Answer) => [status, json.errors[0].code, json.errors[0].meta.param_name];

describe("a User on the wire", () => {
  test("has every field that the SDKs made from the OpenAPI document want, in a server's answer", async () => {
    const { admin } = setUp();
    vi.useFakeTimers({ toFake: ["Date"], now: 1_700_000_000_000 });
    const written = await admin("PATCH", "/v1/users/jane/metadata", { private_metadata: { a: 1 } });
    vi.useRealTimers();
    expect(written.json).toEqual({
      object: "user",
      id: "jane",
      public_metadata: {},
      private_metadata: { a: 1 },
      unsafe_metadata: {},
      created_at: 1_700_000_000_000,
      updated_at: 1_700_000_000_000,
      external_id: null,
      username: null,
      first_name: null,
      last_name: null,
      locale: null,
      image_url: "",
      profile_image_url: "",
      has_image: false,
      primary_email_address_id: null,
      primary_phone_number_id: null,
      primary_web3_wallet_id: null,
      email_addresses: [],
      phone_numbers: [],
      web3_wallets: [],
      passkeys: [],
      external_accounts: [],
      saml_accounts: [],
      enterprise_accounts: [],
      organization_memberships: [],
      password_enabled: false,
      password_last_updated_at: null,
      two_factor_enabled: false,
      totp_enabled: false,
      backup_code_enabled: false,
      mfa_enabled_at: null,
      mfa_disabled_at: null,
      banned: false,
      locked: false,
      lockout_expires_in_seconds: null,
      verification_attempts_remaining: null,
      delete_self_enabled: false,
      create_organization_enabled: false,
      create_organizations_limit: null,
      legal_accepted_at: null,
      last_sign_in_at: null,
      last_active_at: null,
    });
  });

  test("has no private tier in a front end's answer, before the first write either", async () => {
    const { admin, user } = setUp();
    const fresh = await user("jane", "GET /v1/me");
    expect(fresh.json).toMatchObject({
      client: null,
      response: { id: "jane", created_at: 0, updated_at: 0 },
    });
    await admin("PATCH", "/v1/users/jane/metadata", {
      private_metadata: { stripeId: "cus_marker" },
      public_metadata: { role: "admin" },
    });
    for (const answer of [
      await user("jane", "GET /v1/me"),
      await user("jane", "PATCH /v1/me/metadata", "unsafe_metadata={}"),
      await user("jane", "PATCH /v1/me/metadata"),
    ]) {
      expect(answer.json.response).toMatchObject({ public_metadata: { role: "admin" }, unsafe_metadata: {} });
      expect(answer.body).not.toMatch(/private|cus_marker/);
    }
  });
});

describe("who may call", () => {
  test("no bearer, another scheme, a wrong key, a user's token", async () => {
    const { metadata, send } = setUp();
    const ask = async (headers: Headers) => refusal(await send("GET", "/v1/users/jane", "", headers));
    const malformed = [401, "authorization_header_format_invalid", undefined];
    expect(await ask({})).toEqual(malformed);
    expect(await ask({ authorization: SECRET_KEY })).toEqual(malformed);
    expect(await ask({ authorization: "Basic c2s6" })).toEqual(malformed);
    const wrong = [401, "clerk_key_invalid", undefined];
    expect(await ask({ authorization: "Bearer sk_test_of_somebody" })).toEqual(wrong);
    expect(await ask({ authorization: `Bearer ${await metadata.issueToken("jane")}` })).toEqual(wrong);
  });

  test("the front end's routes need a session, and a cookie's write its own origin", async () => {
    const { metadata, send } = setUp();
    const invalid = [401, "authentication_invalid", undefined];
    const key = { authorization: `Bearer ${SECRET_KEY}` };
    for (const headers of [{}, key, { authorization: "Bearer x.y.z" }])
      expect(refusal(await send("GET", "/v1/me", "", headers))).toEqual(invalid);
    const cookie = { ...FORM, cookie: `session=${await metadata.issueToken("jane")}` };
    const target = "/v1/me/metadata?_method=PATCH";
    const write = (headers: Headers) => send("POST", target, 'unsafe_metadata={"a":1}', headers);
    expect(refusal(await write(cookie))).toEqual([403, "origin_invalid", undefined]);
    expect((await write({ ...cookie, "sec-fetch-site": "same-origin" })).status).toBe(200);
  });

  test("a refusal says how to authenticate, and a wrong method what else there is", async () => {
    const { send, admin } = setUp();
    expect((await send("GET", "/v1/users/jane")).headers["www-authenticate"]).toBe("Bearer");
    const put = await admin("PUT", "/v1/users/jane");
    expect([put.status, put.headers.allow]).toEqual([405, "OPTIONS, HEAD, GET, PATCH, DELETE"]);
  });
});

describe("what a server sends", () => {
  test.each<[string, RequestBody, Headers, unknown[]]>([
    ["no JSON", '{"public_metadata":', JSON_TYPE, [400, "request_body_invalid", undefined]],
    ["no UTF-8", Uint8Array.of(0xff), JSON_TYPE, [400, "request_body_invalid", undefined]],
    ["an array", "[]", JSON_TYPE, [400, "request_body_invalid", undefined]],
    ["a form", "public_metadata={}", FORM, [415, "unsupported_content_type", undefined]],
    ["no type", "{}", {}, [415, "unsupported_content_type", undefined]],
    [
      "a compressed one",
      "{}",
      { ...JSON_TYPE, "content-encoding": "gzip" },
      [415, "unsupported_content_type", undefined],
    ],
    [
      "a text for a tier",
      '{"unsafe_metadata":"x"}',
      JSON_TYPE,
      [422, "form_param_value_invalid", "unsafe_metadata"],
    ],
    [
      "too deep a tier",
      `{"private_metadata":${'{"a":'.repeat(33)}1${"}".repeat(33)}}`,
      JSON_TYPE,
      [422, "form_param_value_invalid", "private_metadata"],
    ],
    [
      "our own name of a tier",
      '{"publicMetadata":{}}',
      JSON_TYPE,
      [422, "form_param_unknown", "publicMetadata"],
    ],
    [
      "a large integer",
      '{"public_metadata":{"n":9007199254740993}}',
      JSON_TYPE,
      [422, "form_param_value_invalid", "public_metadata"],
    ],
  ])("%s is refused, and nothing is written", async (_, body, headers, expected) => {
    const { metadata, send } = setUp();
    const key = { authorization: `Bearer ${SECRET_KEY}` };
    for (const [method, path] of [
      ["PATCH", "/v1/users/jane/metadata"],
      ["PUT", "/v1/users/jane/metadata"],
      ["PATCH", "/v1/users/jane"],
    ] as const)
      expect(refusal(await send(method, path, body, { ...key, ...headers }))).toEqual(expected);
    expect((await metadata.getUserMetadata("jane")).version).toBe(0);
  });

  test("a tier may be as deep as the limit says", async () => {
    const { send } = setUp();
    const headers = { ...JSON_TYPE, authorization: `Bearer ${SECRET_KEY}` };
    const deep = `{"private_metadata":${'{"a":'.repeat(32)}1${"}".repeat(32)}}`;
    expect((await send("PATCH", "/v1/users/jane/metadata", deep, headers)).status).toBe(200);
  });

  test("a schema refuses with the name of the tier", async () => {
    const { admin } = setUp(
      {},
      { schemas: { public: z.object({ role: z.enum(["user", "admin"]) }).partial() } },
    );
    const answer = await admin("PATCH", "/v1/users/jane/metadata", { public_metadata: { role: "king" } });
    expect(refusal(answer)).toEqual([422, "form_param_value_invalid", "public_metadata"]);
  });

  test("a user id is decoded once; one that is not valid is not found", async () => {
    const { admin, metadata } = setUp();
    const body = { public_metadata: { a: 1 } };
    expect((await admin("PATCH", "/v1/users/auth0%7C1%20%C3%A5/metadata", body)).json.id).toBe("auth0|1 å");
    expect((await metadata.getUserMetadata("auth0|1 å")).publicMetadata).toEqual({ a: 1 });
    const notFound = [404, "resource_not_found", undefined];
    expect(refusal(await admin("GET", "/v1/users/%E0%A4%A"))).toEqual(notFound);
    expect(refusal(await admin("GET", `/v1/users/${"x".repeat(256)}`))).toEqual(notFound);
    expect(refusal(await admin("GET", "/v1/users/nobody"))).toEqual(notFound);
  });

  test.each(["auth0%7C1%2F2", "1%25", "1%3F", "1%23", "1%5C2", "1?2"])(
    "an id that Clerk's SDK would not send as it is is refused: %s",
    async (sent) => {
      const { admin, metadata } = setUp();
      const body = { public_metadata: { a: 1 } };
      const notFound = [404, "resource_not_found", undefined];
      for (const method of ["GET", "PATCH", "DELETE"] as const)
        expect(
          refusal(await admin(method, `/v1/users/${sent}`, method === "PATCH" ? body : undefined)),
        ).toEqual(notFound);
      expect(await metadata.getUserMetadata("1")).toMatchObject({ version: 0 });
    },
  );

  test("the API's version: any date, by header or by parameter, not both", async () => {
    const { admin } = setUp();
    await admin("PATCH", "/v1/users/jane/metadata", { public_metadata: {} });
    const ask = async (query: string, headers: Headers = {}) =>
      (await admin("GET", `/v1/users/jane${query}`, undefined, headers)).status;
    const parameter = "?__clerk_api_version=2099-01-01";
    expect(await ask("", { "clerk-api-version": "2021-02-05" })).toBe(200);
    expect(await ask("", { "clerk-api-version": "2099-01-01" })).toBe(200);
    expect(await ask(parameter)).toBe(200);
    expect(await ask(parameter, { "clerk-api-version": "2099-01-01" })).toBe(400);
    expect(await ask("", { "clerk-api-version": "latest" })).toBe(400);
    const malformed = await admin("GET", "/v1/users/jane?__clerk_api_version=");
    expect(refusal(malformed)).toEqual([400, "malformed_request_parameters", undefined]);
  });
});

describe("conditions", () => {
  test("If-Match and If-None-Match, on every write", async () => {
    const { admin } = setUp();
    const path = "/v1/users/jane/metadata";
    const body = { public_metadata: { a: 1 } };
    const first = await admin("PATCH", path, body, { "if-none-match": "*" });
    const etag = String(first.headers.etag);
    expect(first.status).toBe(200);
    const second = await admin("PUT", path, { public_metadata: { a: 2 } }, { "if-match": etag });
    expect(second.status).toBe(200);
    const stale = { "if-match": etag };
    const mismatch = [412, "version_mismatch", undefined];
    expect(refusal(await admin("PATCH", path, body, { "if-none-match": "*" }))).toEqual(mismatch);
    for (const [method, target, sent] of [
      ["PATCH", path, body],
      ["PATCH", path, undefined],
      ["PUT", path, body],
      ["PATCH", "/v1/users/jane", body],
      ["DELETE", "/v1/users/jane", undefined],
    ] as const)
      expect(refusal(await admin(method, target, sent, stale)), `${method} ${target}`).toEqual(mismatch);
    expect(refusal(await admin("PATCH", path, body, { "if-match": "1" }))).toEqual([
      400,
      "condition_invalid",
      undefined,
    ]);
    const now = { "if-match": String(second.headers.etag) };
    expect((await admin("DELETE", "/v1/users/jane", undefined, now)).status).toBe(200);
  });

  test("a read that the caller has is a 304", async () => {
    const { admin, user } = setUp();
    const { headers } = await admin("PATCH", "/v1/users/jane/metadata", { public_metadata: { a: 1 } });
    const known = { "if-none-match": String(headers.etag) };
    expect((await admin("GET", "/v1/users/jane", undefined, known)).status).toBe(304);
    expect((await user("jane", "GET /v1/me", "", known)).status).toBe(304);
    const mine = await user("jane", "PATCH /v1/me/metadata", "unsafe_metadata={}", { "if-match": '"1"' });
    expect(refusal(mine)).toEqual([412, "version_mismatch", undefined]);
  });
});

describe("a front end's form", () => {
  const target = "/v1/me/metadata?_method=PATCH";

  test("is a merge patch of the unsafe tier: nulls remove, + and %20 are spaces", async () => {
    const { user } = setUp();
    await user("jane", `POST ${target}`, "unsafe_metadata=%7B%22a%22%3A%7B%22b%22%3A1%2C%22c%22%3A2%7D%7D");
    const { json } = await user(
      "jane",
      `POST ${target}`,
      'unsafe_metadata={"a":{"b":null},"s":"x+y%20z%2B%C3%A9"}',
    );
    expect(json.response.unsafe_metadata).toEqual({ a: { c: 2 }, s: "x y z+é" });
  });

  test("may be JSON, and may have been read by the app's own parser", async () => {
    const { user, send, metadata } = setUp();
    const sent = await user("jane", "PATCH /v1/me/metadata", '{"unsafe_metadata":{"a":1}}', JSON_TYPE);
    expect(sent.json.response.unsafe_metadata).toEqual({ a: 1 });
    const headers = { ...FORM, authorization: `Bearer ${await metadata.issueToken("jane")}` };
    const parsed = await send("POST", target, { parsed: { unsafe_metadata: '{"b":2}' } }, headers);
    expect(parsed.json.response.unsafe_metadata).toEqual({ a: 1, b: 2 });
    const twice = await send("POST", target, { parsed: { unsafe_metadata: ["{}", "{}"] } }, headers);
    expect(refusal(twice)).toEqual([400, "request_body_invalid", undefined]);
  });

  test.each<[string, string, unknown[]]>([
    ["another tier", "public_metadata={}", [422, "form_param_unknown", "public_metadata"]],
    [
      "another tier besides",
      "unsafe_metadata={}&private_metadata={}",
      [422, "form_param_unknown", "private_metadata"],
    ],
    ["a field of the profile", "first_name=Jane", [422, "form_param_unknown", "first_name"]],
    ["a field twice", "unsafe_metadata={}&unsafe_metadata={}", [400, "request_body_invalid", undefined]],
    ["a malformed escape", "unsafe_metadata=%7", [400, "request_body_invalid", undefined]],
    [
      "an escape that is not UTF-8",
      "unsafe_metadata=%7B%22%FF%22%3A1%7D",
      [400, "request_body_invalid", undefined],
    ],
    ["no JSON", "unsafe_metadata={", [400, "request_body_invalid", undefined]],
    ["nothing for a value", "unsafe_metadata", [400, "request_body_invalid", undefined]],
    ["no object", "unsafe_metadata=null", [422, "form_param_value_invalid", "unsafe_metadata"]],
    [
      "more than the tier holds",
      `unsafe_metadata={"a":"${"x".repeat(8192)}"}`,
      [422, "form_param_exceeds_allowed_size", "unsafe_metadata"],
    ],
  ])("%s is refused", async (_, body, expected) => {
    const { user, metadata } = setUp();
    expect(refusal(await user("jane", `POST ${target}`, body))).toEqual(expected);
    expect((await metadata.getUserMetadata("jane")).version).toBe(0);
  });

  test("in JSON a user names no other tier either", async () => {
    const { user, metadata } = setUp();
    const body = '{"unsafe_metadata":{},"private_metadata":{"a":1}}';
    const answer = await user("jane", "PATCH /v1/me/metadata", body, JSON_TYPE);
    expect(refusal(answer)).toEqual([422, "form_param_unknown", "private_metadata"]);
    expect((await metadata.getUserMetadata("jane")).version).toBe(0);
  });

  test.each(["", "?_method=PUT", "?_method=DELETE"])("POST%s is not a PATCH", async (query) => {
    const { user } = setUp();
    const answer = await user("jane", `POST /v1/me/metadata${query}`, "unsafe_metadata={}");
    expect(refusal(answer)).toEqual([405, "method_not_allowed", undefined]);
  });
});

describe("lists", () => {
  const fill = async (admin: ReturnType<typeof setUp>["admin"], ids: readonly string[]) => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_700_000_000_000 });
    for (const id of ids) {
      vi.setSystemTime(Date.now() + 1000);
      await admin("PATCH", `/v1/users/${id}/metadata`, { public_metadata: { id } });
    }
    vi.setSystemTime(Date.now() + 1000);
    await admin("PATCH", `/v1/users/${ids[0]}/metadata`, { public_metadata: { late: true } });
    vi.useRealTimers();
  };
  const ids = ({ json }: Answer) => json.map(({ id }: { id: string }) => id);

  test("order, pages, ids to include and to leave out", async () => {
    const { admin } = setUp();
    await fill(admin, ["c", "a", "b"]);
    const list = async (query: string) => ids(await admin("GET", `/v1/users${query}`));
    expect(await list("")).toEqual(["b", "a", "c"]);
    expect(await list("?order_by=-created_at&limit=2")).toEqual(["b", "a"]);
    expect(await list("?order_by=%2Bcreated_at&offset=1")).toEqual(["a", "b"]);
    expect(await list("?order_by=updated_at")).toEqual(["a", "b", "c"]);
    expect(await list("?order_by=-updated_at&limit=1")).toEqual(["c"]);
    expect(await list("?user_id=a&user_id=%2Bc&user_id=nobody")).toEqual(["a", "c"]);
    expect(await list("?user_id=-a")).toEqual(["b", "c"]);
    expect(await list("?user_id=a&user_id=-a")).toEqual([]);
    expect(await list("?offset=3")).toEqual([]);
    const count = async (query: string) => (await admin("GET", `/v1/users/count${query}`)).json;
    expect(await count("")).toEqual({ object: "total_count", total_count: 3 });
    expect(await count("?user_id=a&user_id=nobody&__clerk_api_version=2026-05-12")).toMatchObject({
      total_count: 1,
    });
  });

  test("more users than the store gives at once, ten by default", async () => {
    const { admin, metadata } = setUp();
    const many = Array.from({ length: 1003 }, (_, n) => `user_${n}`);
    await Promise.all(many.map((id) => metadata.updateUserMetadata(id, { publicMetadata: {} })));
    expect(ids(await admin("GET", "/v1/users"))).toHaveLength(10);
    expect(ids(await admin("GET", "/v1/users?limit=500&offset=1000"))).toHaveLength(3);
    expect((await admin("GET", "/v1/users/count?user_id=-user_0")).json.total_count).toBe(1002);
  });

  test.each([
    ["?limit=0", "form_param_value_invalid"],
    ["?limit=501", "form_param_value_invalid"],
    ["?limit=ten", "form_param_value_invalid"],
    ["?limit=1&limit=2", "form_param_value_invalid"],
    ["?offset=-1", "form_param_value_invalid"],
    ["?order_by=last_sign_in_at", "form_param_value_invalid"],
    [`?${"user_id=a&".repeat(101)}`, "form_param_value_invalid"],
    ["?email_address=jane@example.com", "form_param_unknown"],
    ["?query=jane&query=joe", "form_param_value_invalid"],
    ["?banned=false", "form_param_unknown"],
    ["?__proto__=jane", "form_param_unknown"],
  ])("%s is refused", async (query, code) => {
    const { admin } = setUp();
    expect((await admin("GET", `/v1/users${query}`)).json.errors[0].code).toBe(code);
    expect((await admin("GET", `/v1/users${query}`)).status).toBe(422);
  });

  test("a store that cannot search says so, in Clerk's shape", async () => {
    const { read, write } = memoryStore();
    const { admin } = setUp({}, { store: { read, write } });
    for (const path of ["/v1/users", "/v1/users/count"]) {
      const answer = await admin("GET", path);
      expect(refusal(answer)).toEqual([501, "search_unsupported", undefined]);
      expect(answer.json.errors[0].message).toContain("Use one that has find");
    }
    expect((await admin("GET", "/v1/users?user_id=jane")).json).toEqual([]);
  });
});

describe("users of the app's own", () => {
  const known = new Set(["jane", "joe"]);
  const asked: unknown[] = [];
  const users: ClerkDialectOptions["users"] = {
    exists: async (userId) => known.has(userId),
    list: (query) => {
      asked.push(query);
      return { userIds: ["joe", "jane"].slice(query.offset, query.offset + query.limit), totalCount: 2 };
    },
  };

  test("are there before the first write; nobody else can be written", async () => {
    const { admin, metadata } = setUp({ users });
    expect((await admin("GET", "/v1/users/jane")).json).toMatchObject({
      id: "jane",
      created_at: 0,
      public_metadata: {},
    });
    expect((await admin("PATCH", "/v1/users/jane/metadata")).status).toBe(200);
    const notFound = [404, "resource_not_found", undefined];
    const body = { public_metadata: { a: 1 } };
    for (const [method, path] of [
      ["GET", "/v1/users/eve"],
      ["PATCH", "/v1/users/eve"],
      ["DELETE", "/v1/users/eve"],
      ["PATCH", "/v1/users/eve/metadata"],
      ["PUT", "/v1/users/eve/metadata"],
    ] as const)
      expect(refusal(await admin(method, path, body))).toEqual(notFound);
    expect((await metadata.getUserMetadata("eve")).version).toBe(0);
    await admin("PATCH", "/v1/users/jane/metadata", body);
    expect((await admin("DELETE", "/v1/users/jane")).json).toEqual({
      object: "user",
      id: "jane",
      deleted: true,
    });
    expect((await admin("GET", "/v1/users/jane")).json.public_metadata).toEqual({});
  });

  test("are found by the app", async () => {
    const { admin } = setUp({ users });
    const page = await admin(
      "GET",
      "/v1/users?limit=1&offset=1&email_address=a&email_address=b&order_by=-last_sign_in_at",
    );
    expect(page.json).toMatchObject([{ id: "jane" }]);
    expect((await admin("GET", "/v1/users/count?query=j")).json.total_count).toBe(2);
    expect(asked).toEqual([
      { limit: 1, offset: 1, orderBy: "-last_sign_in_at", filters: { email_address: ["a", "b"] } },
      { limit: 1, offset: 0, orderBy: "-created_at", filters: { query: ["j"] } },
    ]);
  });

  test("without a list those with metadata are listed", async () => {
    const { admin } = setUp({ users: { exists: () => true } });
    await admin("PATCH", "/v1/users/jane/metadata", { public_metadata: {} });
    expect((await admin("GET", "/v1/users")).json).toMatchObject([{ id: "jane" }]);
    expect((await admin("GET", "/v1/users/count")).json.total_count).toBe(1);
  });
});

test("a failure of the store tells a client nothing, and the framework everything", async () => {
  const failing = { read: () => Promise.reject(new Error("marker of the driver")), write: async () => [] };
  const { admin } = setUp({}, { store: failing });
  const answer = await admin("GET", "/v1/users/jane");
  expect(refusal(answer)).toEqual([503, "internal_clerk_error", undefined]);
  expect(answer.headers["retry-after"]).toBe("1");
  expect(answer.body).not.toContain("marker");
  expect(answer.error).toMatchObject({
    code: "store_unavailable",
    cause: { message: "marker of the driver" },
  });
});

test("the JWKS is there if the engine has an issuer", async () => {
  const { send, metadata } = setUp();
  const { json } = await send("GET", "/v1/jwks");
  expect(json.keys).toHaveLength(1);
  expect(json.keys[0]).not.toHaveProperty("d");
  expect(json).toEqual((await send("GET", "/.well-known/jwks.json")).json);
  expect(metadata.routes.filter(({ path }) => path === "/v1/jwks")).toHaveLength(1);
  const without = createUserMetadata({ store: memoryStore(), dialects: [clerkDialect()] });
  expect(without.routes.filter(({ path }) => path === "/v1/jwks")).toEqual([]);
});
