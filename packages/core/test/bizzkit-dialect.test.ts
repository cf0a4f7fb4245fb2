import { createLocalJWKSet, jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { bizzkitDialect } from "../src/dialects/bizzkit/bizzkit-dialect.ts";
import { createUserMetadata, memoryStore, tokenIssuer, type UserMetadataOptions } from "../src/index.ts";

const ADMIN_KEY = "bizzkit-machine-client-1";
const JANE = "/api/user/jane.doe@example.com/metadata";

const setUp = (options: Partial<UserMetadataOptions> = {}) => {
  const issuer = tokenIssuer({ issuer: "https://issuer.test", audience: "app" });
  const metadata = createUserMetadata({
    store: memoryStore(),
    adminKeys: [ADMIN_KEY],
    dialects: [bizzkitDialect()],
    issuer,
    ...options,
  });
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const sent: Record<string, string> = {
      authorization: `Bearer ${ADMIN_KEY}`,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    };
    const outcome = await metadata.handle({
      method,
      path,
      query: "",
      header: (name) => sent[name],
      body: async () => (typeof body === "string" ? body : JSON.stringify(body ?? "")),
    });
    if (!outcome) throw new Error(`${path} is not answered`);
    return {
      status: outcome.status,
      headers: outcome.headers,
      body: outcome.body === undefined ? undefined : JSON.parse(outcome.body),
    };
  };
  return { metadata, call, issuer };
};

const record = (key: string, value: unknown, profileClaim = false) => ({ key, value, profileClaim });

describe("the four requests of Bizzkit's page, with its values", () => {
  test("create or update, retrieve, delete", async () => {
    const { call } = setUp();
    const put = await call("PUT", `${JANE}/profile-theme`, { value: "Dark Mode", profileClaim: true });
    expect(put).toMatchObject({ status: 200, body: record("profile-theme", "Dark Mode", true) });
    const read = await call("GET", JANE);
    expect(read.status).toBe(200);
    expect(read.headers["content-type"]).toBe("application/json");
    expect(read.body).toEqual({ metadata: [record("profile-theme", "Dark Mode", true)] });
    await call("PUT", `${JANE}/profile-theme`, { value: "Light Mode", profileClaim: false });
    expect((await call("GET", JANE)).body).toEqual({ metadata: [record("profile-theme", "Light Mode")] });
    const removed = await call("DELETE", `${JANE}/profile-theme`);
    expect([removed.status, removed.body]).toEqual([204, undefined]);
    expect((await call("GET", JANE)).body).toEqual({ metadata: [] });
  });

  test("bulk: what was there is removed, in the other tiers nothing is", async () => {
    const { call, metadata } = setUp();
    await metadata.updateUserMetadata("jane.doe@example.com", {
      publicMetadata: { old: 1, theme: "Light" },
      privateMetadata: { stripeId: "cus_1" },
      unsafeMetadata: { draft: true },
      claims: ["old"],
    });
    const records = [record("preferred-language", "English"), record("theme", "Dark Mode", true)];
    const put = await call("PUT", JANE, { metadata: records });
    expect(put).toMatchObject({ status: 200, body: { metadata: records } });
    expect((await call("GET", JANE)).body).toEqual({ metadata: records });
    const jane = await metadata.getUserMetadata("jane.doe@example.com");
    expect(jane.publicMetadata).toEqual({ "preferred-language": "English", theme: "Dark Mode" });
    expect(jane.claims).toEqual(["theme"]);
    expect([jane.privateMetadata, jane.unsafeMetadata]).toEqual([{ stripeId: "cus_1" }, { draft: true }]);
  });

  test("a profile claim is in the token as metadata_<key>, and leaves it with its flag or its record", async () => {
    const { call, metadata, issuer } = setUp();
    const payload = async () => {
      const keys = createLocalJWKSet(await issuer.jwks());
      const token = await metadata.issueToken("jane.doe@example.com");
      return (await jwtVerify(token, keys, { issuer: "https://issuer.test", audience: "app" })).payload;
    };
    await call("PUT", `${JANE}/user-theme`, { value: "Light", profileClaim: true });
    await call("PUT", `${JANE}/hidden`, { value: "nobody's business" });
    expect(await payload()).toMatchObject({ sub: "jane.doe@example.com", "metadata_user-theme": "Light" });
    expect(await payload()).not.toHaveProperty("metadata_hidden");
    await call("PUT", `${JANE}/user-theme`, { value: "Light" });
    expect(await payload()).not.toHaveProperty("metadata_user-theme");
    await call("PUT", `${JANE}/user-theme`, { value: "Light", profileClaim: true });
    expect(await payload()).toHaveProperty("metadata_user-theme");
    await call("DELETE", `${JANE}/user-theme`);
    expect(await payload()).not.toHaveProperty("metadata_user-theme");
  });
});

describe("keys and values", () => {
  test.each([
    ["a dot", "a.b.c"],
    ["a slash", "a/b"],
    ["a space, a question mark, a hash", "a b?c#d"],
    ["a percent sign", "100%"],
    ["unicode", "größe-尺寸-😀"],
    ["a name of Object.prototype", "constructor"],
    ["a number", "7"],
    ["metadata", "metadata"],
  ])("a key with %s is written, read and deleted", async (_, key) => {
    const { call } = setUp();
    const path = `${JANE}/${encodeURIComponent(key)}`;
    expect((await call("PUT", path, { value: 1 })).body).toEqual(record(key, 1));
    expect((await call("GET", JANE)).body.metadata).toEqual([record(key, 1)]);
    expect((await call("DELETE", path)).status).toBe(204);
    expect((await call("GET", JANE)).body.metadata).toEqual([]);
  });

  test("any JSON value is kept", async () => {
    const values = ["", 0, -1.5, true, false, null, [], {}, [[1], { a: null }], { a: { b: ["c"] } }];
    const { call } = setUp();
    const records = values.map((value, index) => record(`k${index}`, value, index % 2 === 0));
    await call("PUT", JANE, { metadata: records });
    const read = (await call("GET", JANE)).body;
    expect(read).toEqual({ metadata: records });
    expect((await call("PUT", JANE, read)).body).toEqual(read);
    for (const { key, value } of records) {
      expect((await call("PUT", `${JANE}/${key}`, { value })).body).toEqual(record(key, value));
    }
  });

  test("the user id may be an e-mail address, encoded or not; a user of whom nothing is known has no records", async () => {
    const { call, metadata } = setUp();
    expect((await call("GET", "/api/user/nobody/metadata")).body).toEqual({ metadata: [] });
    await call("PUT", "/api/user/jane.doe%40example.com/metadata/theme", { value: "Light" });
    expect((await call("GET", JANE)).body).toEqual({ metadata: [record("theme", "Light")] });
    expect((await call("DELETE", "/api/user/nobody/metadata/theme")).status).toBe(204);
    expect((await metadata.getUserMetadata("nobody")).version).toBe(0);
  });
});

describe("refused, with nothing written", () => {
  const refuse = (status: number, code: string, path?: string) => ({
    status,
    headers: { "content-type": "application/problem+json" },
    body: { code, ...(path !== undefined && { details: { path } }) },
  });
  const bulk = (...records: unknown[]) => ({ metadata: records });

  test.each([
    [{}, refuse(422, "record_invalid", "/value")],
    [{ profileClaim: true }, refuse(422, "record_invalid", "/value")],
    [{ value: 1, profileClaim: "true" }, refuse(422, "record_invalid", "/profileClaim")],
    [{ value: 1, profileClaim: null }, refuse(422, "record_invalid", "/profileClaim")],
    [{ value: 1, profileclaim: true }, refuse(422, "parameter_unknown")],
    [{ key: "theme", value: 1 }, refuse(422, "parameter_unknown")],
    [[1], refuse(422, "json_not_object", "")],
    ['{"value":', refuse(400, "json_invalid")],
    ['{"value":"\\u0000"}', refuse(422, "json_value_refused", "/value")],
    ['{"value":9007199254740993}', refuse(422, "json_value_refused", "/value")],
    ["", refuse(400, "body_missing")],
  ])("one record: %j", async (body, expected) => {
    const { call } = setUp();
    await call("PUT", `${JANE}/theme`, { value: "Light", profileClaim: true });
    expect(await call("PUT", `${JANE}/theme`, body)).toMatchObject(expected);
    expect((await call("GET", JANE)).body).toEqual({ metadata: [record("theme", "Light", true)] });
  });

  test.each([
    [{}, refuse(422, "record_invalid", "/metadata")],
    [{ metadata: { theme: "Light" } }, refuse(422, "record_invalid", "/metadata")],
    [{ metadata: [], more: 1 }, refuse(422, "parameter_unknown")],
    [bulk(record("a", 1), "b"), refuse(422, "json_not_object", "/metadata/1")],
    [bulk({ value: 1 }), refuse(422, "record_invalid", "/metadata/0/key")],
    [bulk({ key: 1, value: 1 }), refuse(422, "record_invalid", "/metadata/0/key")],
    [bulk({ key: "a" }), refuse(422, "record_invalid", "/metadata/0/value")],
    [
      bulk({ key: "a", value: 1, profileClaim: 1 }),
      refuse(422, "record_invalid", "/metadata/0/profileClaim"),
    ],
    [bulk({ key: "a", value: 1, claim: true }), refuse(422, "parameter_unknown")],
    [bulk(record("a", 1), record("b", 1), record("a", 2)), refuse(422, "record_invalid", "/metadata/2/key")],
    [bulk(record("a", 1), record("a", 1)), refuse(422, "record_invalid", "/metadata/1/key")],
    [bulk(record("__proto__", {})), refuse(422, "json_value_refused", "/metadata/0/key")],
  ])("a bulk: %j", async (body, expected) => {
    const { call } = setUp();
    await call("PUT", `${JANE}/theme`, { value: "Light", profileClaim: true });
    expect(await call("PUT", JANE, body)).toMatchObject(expected);
    expect((await call("GET", JANE)).body).toEqual({ metadata: [record("theme", "Light", true)] });
  });

  test.each([
    ["__proto__", 422, "json_value_refused"],
    ["a%00b", 422, "json_value_refused"],
    ["%E0%A4%A", 400, "path_invalid"],
  ])("the key %s", async (key, status, code) => {
    const { call } = setUp();
    expect(await call("PUT", `${JANE}/${key}`, { value: 1 })).toMatchObject({ status, body: { code } });
    expect(await call("DELETE", `${JANE}/${key}`)).toMatchObject({ status, body: { code } });
  });

  test("a value as deep as the tier may be is stored by both routes, one level more by none", async () => {
    const { call } = setUp({ limits: { maxDepth: 3 } });
    const deep = { value: [[]] };
    const tooDeep = { value: [[[]]] };
    expect((await call("PUT", `${JANE}/a`, deep)).status).toBe(200);
    expect((await call("PUT", JANE, bulk({ key: "a", ...deep }))).status).toBe(200);
    expect(await call("PUT", `${JANE}/a`, tooDeep)).toMatchObject(refuse(422, "json_too_deep", "/a/0/0"));
    expect(await call("PUT", JANE, bulk({ key: "a", ...tooDeep }))).toMatchObject(
      refuse(422, "json_too_deep", "/a/0/0"),
    );
  });

  test("8192 bytes are stored, 8193 are not, by both routes", async () => {
    const { call } = setUp();
    const value = "x".repeat(8192 - '{"a":""}'.length);
    expect((await call("PUT", `${JANE}/a`, { value })).status).toBe(200);
    expect((await call("PUT", JANE, bulk({ key: "a", value }))).status).toBe(200);
    const details = { tier: "public", bytes: 8193, maxBytes: 8192 };
    const tooLarge = { status: 422, body: { code: "tier_too_large", details } };
    expect(await call("PUT", `${JANE}/a`, { value: `${value}x` })).toMatchObject(tooLarge);
    expect(await call("PUT", JANE, bulk({ key: "a", value: `${value}x` }))).toMatchObject(tooLarge);
    expect((await call("GET", JANE)).body.metadata).toEqual([record("a", value)]);
  });

  test("claims over their budget, whether the value grows or the flag comes", async () => {
    const { call } = setUp({ claims: { maxBytes: 64 } });
    const long = "x".repeat(64);
    const tooLarge = { status: 422, body: { code: "claims_too_large", details: { maxBytes: 64 } } };
    await call("PUT", `${JANE}/a`, { value: "short", profileClaim: true });
    await call("PUT", `${JANE}/b`, { value: long });
    expect(await call("PUT", `${JANE}/a`, { value: long, profileClaim: true })).toMatchObject(tooLarge);
    expect(await call("PUT", `${JANE}/b`, { value: long, profileClaim: true })).toMatchObject(tooLarge);
    expect(await call("PUT", JANE, bulk(record("c", long, true)))).toMatchObject(tooLarge);
    expect((await call("GET", JANE)).body).toEqual({
      metadata: [record("a", "short", true), record("b", long)],
    });
  });

  test("what a schema of the public tier refuses", async () => {
    const { call } = setUp({ schemas: { public: z.object({ theme: z.enum(["dark", "light"]) }).partial() } });
    expect((await call("PUT", `${JANE}/theme`, { value: "dark" })).status).toBe(200);
    expect(await call("PUT", `${JANE}/theme`, { value: "drak" })).toMatchObject({
      status: 422,
      body: { code: "schema_mismatch" },
    });
  });
});

describe("who may call", () => {
  test.each([
    ["GET", JANE],
    ["PUT", JANE],
    ["PUT", `${JANE}/theme`],
    ["DELETE", `${JANE}/theme`],
  ])("%s %s needs an admin key", async (method, path) => {
    const { call, metadata } = setUp();
    const none = await call(method, path, undefined, { authorization: "" });
    expect([none.status, none.body.code, none.headers["www-authenticate"]]).toEqual([
      401,
      "admin_key_missing",
      "Bearer",
    ]);
    const token = await metadata.issueToken("jane.doe@example.com");
    const session = await call(method, path, undefined, { authorization: `Bearer ${token}` });
    expect([session.status, session.body.code]).toEqual([401, "admin_key_invalid"]);
  });

  test("another method is a 405 with those that are answered", async () => {
    const { call } = setUp();
    const patch = await call("PATCH", JANE);
    expect([patch.status, patch.headers.allow]).toEqual([405, "OPTIONS, HEAD, GET, PUT"]);
    const get = await call("GET", `${JANE}/theme`);
    expect([get.status, get.headers.allow]).toEqual([405, "OPTIONS, PUT, DELETE"]);
  });
});

describe("conditions", () => {
  test("are about the document, whose version every answer with a body has as its ETag", async () => {
    const { call, metadata } = setUp();
    const put = await call("PUT", `${JANE}/theme`, { value: "Light" }, { "if-none-match": "*" });
    const etag = put.headers.etag as string;
    const { version } = await metadata.getUserMetadata("jane.doe@example.com");
    expect([put.status, etag]).toEqual([200, `"${version}"`]);
    expect((await call("GET", JANE)).headers.etag).toBe(etag);
    const unchanged = await call("GET", JANE, undefined, { "if-none-match": etag });
    expect([unchanged.status, unchanged.body]).toEqual([304, undefined]);

    const bulk = await call("PUT", JANE, { metadata: [record("theme", "Dark")] }, { "if-match": etag });
    expect(bulk.status).toBe(200);
    for (const [method, path, body] of [
      ["PUT", JANE, { metadata: [] }],
      ["PUT", `${JANE}/theme`, { value: "Blue" }],
      ["DELETE", `${JANE}/theme`],
    ] as const) {
      const stale = await call(method, path, body, { "if-match": etag });
      expect([stale.status, stale.body.code]).toEqual([412, "version_mismatch"]);
    }
    expect((await call("GET", JANE)).body).toEqual({ metadata: [record("theme", "Dark")] });
    const fresh = { "if-match": bulk.headers.etag as string };
    expect((await call("DELETE", `${JANE}/theme`, undefined, fresh)).status).toBe(204);
  });
});
