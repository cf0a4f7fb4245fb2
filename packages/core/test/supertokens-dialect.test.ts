import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  cdiDialect,
  type SuperTokensDialectOptions,
  superTokensDialect,
} from "../src/dialects/supertokens/index.ts";
import {
  createUserMetadata,
  memoryStore,
  nativeDialect,
  UserMetadataError,
  type UserMetadataOptions,
} from "../src/index.ts";

const API_KEY = "api-key-of-the-tests";
const METADATA = "/recipe/user/metadata";
const TEXT = "text/plain; charset=utf-8";

type Headers = Readonly<Record<string, string>>;

const setUp = (options: Partial<UserMetadataOptions> = {}, dialect: SuperTokensDialectOptions = {}) => {
  const metadata = createUserMetadata({
    store: memoryStore(),
    adminKeys: [API_KEY],
    dialects: [superTokensDialect(dialect)],
    ...options,
  });
  const send = async (method: string, target: string, body?: unknown, headers: Headers = {}) => {
    const sent: Headers = {
      "api-key": API_KEY,
      "cdi-version": "5.4",
      ...(body !== undefined && { "content-type": "application/json; charset=utf-8" }),
      ...headers,
    };
    const [path = "", query = ""] = target.split("?");
    const outcome = await metadata.handle({
      method,
      path,
      query,
      header: (name) => sent[name],
      body: async () => (typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body)),
    });
    if (!outcome) throw new Error(`${path} is not answered`);
    return outcome;
  };
  /** A call that is answered with JSON. */
  const call = async (...request: Parameters<typeof send>) => {
    const { status, headers, body = "" } = await send(...request);
    expect([status, headers["content-type"]], body).toEqual([200, "application/json"]);
    return JSON.parse(body);
  };
  /** A call that is refused. */
  const refusal = async (...request: Parameters<typeof send>) => {
    const { status, headers, body } = await send(...request);
    expect(headers["content-type"]).toBe(TEXT);
    return [status, body];
  };
  const get = (userId: string) => call("GET", `${METADATA}?userId=${encodeURIComponent(userId)}`);
  const put = (userId: string, metadataUpdate: unknown) => call("PUT", METADATA, { userId, metadataUpdate });
  const remove = (userId: string) => call("POST", `${METADATA}/remove`, { userId });
  const bulk = (userIds: unknown) => call("POST", `${METADATA}/bulk`, { userIds });
  return { metadata, send, call, refusal, get, put, remove, bulk };
};

const ok = (metadata: object) => ({ status: "OK", metadata });

describe("the merge of a SuperTokens core", () => {
  test("an unknown user has an empty object, and still no document", async () => {
    const { get, bulk } = setUp();
    expect(await get("jane")).toEqual(ok({}));
    expect(await bulk(["jane"])).toEqual({ status: "OK", users: [{ userId: "jane", metadata: null }] });
  });

  test("a root null removes, and is not stored on create", async () => {
    const { get, put } = setUp();
    expect(await put("jane", { a: null, b: 1 })).toEqual(ok({ b: 1 }));
    expect(await put("jane", { b: null, c: 2 })).toEqual(ok({ c: 2 }));
    expect(await get("jane")).toEqual(ok({ c: 2 }));
  });

  test("nested nulls stay; objects and arrays are replaced whole", async () => {
    const { put } = setUp();
    const preferences = { theme: "dark", beta: null, deep: { x: [null] } };
    expect(await put("jane", { preferences, list: [1, 2] })).toEqual(ok({ preferences, list: [1, 2] }));
    expect(await put("jane", { preferences: { lang: "en" }, list: [3] })).toEqual(
      ok({ preferences: { lang: "en" }, list: [3] }),
    );
  });

  test("{} makes an empty document of nothing, and changes nothing else", async () => {
    const { put, bulk } = setUp();
    expect(await put("jane", {})).toEqual(ok({}));
    expect(await bulk(["jane"])).toEqual({ status: "OK", users: [{ userId: "jane", metadata: {} }] });
    await put("jane", { a: 1 });
    expect(await put("jane", {})).toEqual(ok({ a: 1 }));
  });

  test("removing clears, for an unknown user too", async () => {
    const { get, put, remove, bulk } = setUp();
    expect(await remove("nobody")).toEqual({ status: "OK" });
    await put("jane", { a: 1 });
    expect(await remove("jane")).toEqual({ status: "OK" });
    expect(await get("jane")).toEqual(ok({}));
    expect((await bulk(["jane"])).users).toEqual([{ userId: "jane", metadata: null }]);
  });

  test("two first writes at once are both kept, and so are 3,000 keys", async () => {
    const { get, put } = setUp({ limits: { maxTierBytes: 40_960, timeoutMs: 120_000 } });
    await Promise.all([put("john", { a: 1 }), put("john", { b: 2 })]);
    expect(await get("john")).toEqual(ok({ a: 1, b: 2 }));
    const keys = Array.from({ length: 3000 }, (_, index) => `k${index}`);
    await Promise.all(keys.map((key, index) => put("jane", { [key]: index })));
    const { metadata } = await get("jane");
    expect(metadata).toEqual(Object.fromEntries(keys.map((key, index) => [key, index])));
  });
});

describe("bulk", () => {
  test("is in the order of the request, repeats included", async () => {
    const { put, bulk } = setUp();
    await put("a", { n: 1 });
    await put("c", { n: 3 });
    expect((await bulk(["c", "b", "a", "c"])).users).toEqual([
      { userId: "c", metadata: { n: 3 } },
      { userId: "b", metadata: null },
      { userId: "a", metadata: { n: 1 } },
      { userId: "c", metadata: { n: 3 } },
    ]);
    expect(await bulk([])).toEqual({ status: "OK", users: [] });
  });

  test("takes 500 users, and not one more", async () => {
    const { bulk, refusal } = setUp();
    const userIds = Array.from({ length: 501 }, (_, index) => `user-${index}`);
    expect((await bulk(userIds.slice(1))).users).toHaveLength(500);
    expect(await refusal("POST", `${METADATA}/bulk`, { userIds })).toEqual([
      400,
      "You can only query up to 500 users at a time.",
    ]);
  });

  test.each([
    [{}, "Field name 'userIds' is invalid in JSON input"],
    [{ userIds: "jane" }, "Field name 'userIds' is invalid in JSON input"],
    [{ userIds: ["jane", 1] }, "userIds array must contain only strings"],
  ])("%j is refused", async (body, message) => {
    expect(await setUp().refusal("POST", `${METADATA}/bulk`, body)).toEqual([400, message]);
  });
});

describe("refusals are texts", () => {
  test("of a GET without a user", async () => {
    expect(await setUp().refusal("GET", METADATA)).toEqual([
      400,
      "Field name 'userId' is missing in GET request",
    ]);
  });

  test.each([undefined, null, 1, ["jane"]])("of a userId that is %j", async (userId) => {
    const { refusal } = setUp();
    const message = "Field name 'userId' is invalid in JSON input";
    expect(await refusal("PUT", METADATA, { userId, metadataUpdate: {} })).toEqual([400, message]);
    expect(await refusal("POST", `${METADATA}/remove`, { userId })).toEqual([400, message]);
  });

  test.each([undefined, null, [], "text", 1, true])(
    "of a metadataUpdate that is %j",
    async (metadataUpdate) => {
      expect(await setUp().refusal("PUT", METADATA, { userId: "jane", metadataUpdate })).toEqual([
        400,
        "Field name 'metadataUpdate' is invalid in JSON input",
      ]);
    },
  );

  test.each(["", "{", "[]", "null", '"text"'])("of the body %j", async (body) => {
    const sent = { "content-type": "application/json" };
    expect(await setUp().refusal("PUT", METADATA, body, sent)).toEqual([400, "Invalid Json Input"]);
  });

  test("of a field that only a prototype has", async () => {
    const body = { userId: "jane" };
    const { refusal, metadata } = setUp();
    expect((await refusal("PUT", METADATA, { ...body, constructor: {} }))[0]).toBe(400);
    expect((await metadata.getUserMetadata("jane")).version).toBe(0);
  });

  test("of a user id that cannot be one", async () => {
    const [status, message] = await setUp().refusal("PUT", METADATA, { userId: "", metadataUpdate: {} });
    expect(status).toBe(400);
    expect(message).toMatch(/^The user id is empty\. /);
  });

  test("of other versions; without the header the newest is meant", async () => {
    const { refusal, send } = setUp();
    const target = `${METADATA}?userId=jane`;
    for (const version of ["2.6", "5.7", "5", ""])
      expect(await refusal("GET", target, undefined, { "cdi-version": version })).toEqual([
        400,
        `cdi-version ${version} not supported`,
      ]);
    for (const version of ["2.7", "2.13", "3.1", "4.0", "5.0", "5.6"])
      expect((await send("GET", target, undefined, { "cdi-version": version })).status).toBe(200);
    expect((await send("GET", target, undefined, { "cdi-version": undefined as never })).status).toBe(200);
  });

  test.each([
    ["DELETE", METADATA],
    ["POST", METADATA],
    ["GET", `${METADATA}/remove`],
    ["PUT", `${METADATA}/bulk`],
    ["POST", "/apiversion"],
  ])("of %s %s", async (method, path) => {
    expect(await setUp().refusal(method, path)).toEqual([405, "Method not supported"]);
  });

  test("of what JSON cannot be stored, in no other words than what it is", async () => {
    const { refusal, metadata } = setUp();
    const update = (json: string) => refusal("PUT", METADATA, `{"userId":"jane","metadataUpdate":${json}}`);
    expect(await update('{"a":"\\u0000"}')).toEqual([400, expect.stringContaining("/metadataUpdate/a")]);
    expect(await update('{"__proto__":{}}')).toEqual([400, expect.stringContaining("__proto__")]);
    expect(await update('{"a":9007199254740993}')).toEqual([
      400,
      expect.stringContaining("9007199254740992"),
    ]);
    expect(await update("[".repeat(100_000))).toEqual([400, "Invalid Json Input"]);
    expect((await metadata.getUserMetadata("jane")).version).toBe(0);
  });

  test("of a body of another type, as a page's form would send it, if no key is wanted", async () => {
    const body = { userId: "jane", metadataUpdate: {} };
    for (const type of ["text/plain", undefined as never]) {
      const request = ["PUT", METADATA, body, { "content-type": type }] as const;
      expect((await setUp({}, { allowWithoutKey: true }).refusal(...request))[0]).toBe(415);
      expect(await setUp().call(...request)).toEqual(ok({}));
    }
  });
});

describe("limits, schemas and claims hold", () => {
  const SPACE = '{"a":""}'.length;

  test("8192 bytes are stored, 8193 are not", async () => {
    const { put, refusal, get } = setUp();
    const a = "x".repeat(8192 - SPACE);
    expect(await put("jane", { a })).toEqual(ok({ a }));
    const [status, message] = await refusal("PUT", METADATA, {
      userId: "jane",
      metadataUpdate: { a: `${a}x` },
    });
    expect(status).toBe(400);
    expect(message).toMatch(/private.*8193.*8192/s);
    expect(await get("jane")).toEqual(ok({ a }));
  });

  test("32 levels are stored, 33 are not", async () => {
    const { put, refusal } = setUp();
    const nested = (levels: number): object => (levels === 1 ? {} : { a: nested(levels - 1) });
    await put("jane", nested(32));
    const [status, message] = await refusal("PUT", METADATA, {
      userId: "jane",
      metadataUpdate: nested(33),
    });
    expect([status, message]).toEqual([400, expect.stringContaining("levels")]);
  });

  test("claims over their budget are refused, and a removed key is not a claim any more", async () => {
    const { metadata, put, refusal } = setUp({ claims: { maxBytes: 64 } }, { tier: "public" });
    await put("jane", { plan: "pro" });
    await metadata.updateUserMetadata("jane", { claims: ["plan"] });
    const [status, message] = await refusal("PUT", METADATA, {
      userId: "jane",
      metadataUpdate: { plan: "p".repeat(64) },
    });
    expect([status, message]).toEqual([400, expect.stringContaining("claims")]);
    expect(await metadata.claims("jane")).toMatchObject({ metadata_plan: "pro" });
    await put("jane", { plan: null });
    expect(Object.keys(await metadata.claims("jane"))).toEqual(["metadataVersion"]);
  });

  test("a schema judges the merged tier", async () => {
    const { put, refusal, get } = setUp({ schemas: { private: z.object({ seats: z.number() }).partial() } });
    await put("jane", { seats: 3 });
    const [status, message] = await refusal("PUT", METADATA, {
      userId: "jane",
      metadataUpdate: { seats: "many" },
    });
    expect([status, message]).toEqual([400, expect.stringContaining("seats")]);
    expect(await get("jane")).toEqual(ok({ seats: 3 }));
  });
});

describe("the other tiers", () => {
  test("private by default: seen in no other, and left alone by a removal", async () => {
    const { metadata, put, remove, bulk } = setUp();
    await metadata.updateUserMetadata("jane", { publicMetadata: { plan: "pro" }, claims: ["plan"] });
    await put("jane", { stripeId: "cus_1" });
    const { publicMetadata, privateMetadata } = await metadata.getUserMetadata("jane");
    expect([publicMetadata, privateMetadata]).toEqual([{ plan: "pro" }, { stripeId: "cus_1" }]);
    await remove("jane");
    const cleared = await metadata.getUserMetadata("jane");
    expect([cleared.publicMetadata, cleared.privateMetadata, cleared.claims]).toEqual([
      { plan: "pro" },
      {},
      ["plan"],
    ]);
    expect((await bulk(["jane"])).users).toEqual([{ userId: "jane", metadata: {} }]);
  });

  test.each(["public", "unsafe"] as const)("%s where the app says so", async (tier) => {
    const { metadata, put, remove } = setUp({}, { tier });
    await put("jane", { a: 1 });
    expect(await metadata.getUserMetadata("jane")).toMatchObject({ [`${tier}Metadata`]: { a: 1 } });
    await remove("jane");
    expect((await metadata.getUserMetadata("jane")).version).toBe(0);
  });

  test("no other", () => {
    expect(() => superTokensDialect({ tier: "secret" as "private" })).toThrow(/tier is "secret"/);
  });
});

describe("who may call", () => {
  const target = `${METADATA}?userId=jane`;

  test.each([undefined, "", "another-key-of-16-characters", `${API_KEY}, ${API_KEY}`])(
    "not with the key %j",
    async (key) => {
      const { refusal } = setUp();
      const headers = { "api-key": key as string, authorization: `Bearer ${API_KEY}` };
      expect(await refusal("GET", target, undefined, headers)).toEqual([401, "Invalid API key"]);
      expect(await refusal("PUT", METADATA, "{", headers)).toEqual([401, "Invalid API key"]);
      expect(await refusal("GET", "/apiversion", undefined, headers)).toEqual([401, "Invalid API key"]);
    },
  );

  test("nobody, if the engine has no keys", async () => {
    const { refusal } = setUp({ adminKeys: [] });
    expect(await refusal("GET", target)).toEqual([401, "Invalid API key"]);
  });

  test("whoever reaches it, where the app says so", async () => {
    const { call } = setUp({ adminKeys: [] }, { allowWithoutKey: true });
    expect(await call("GET", target, undefined, { "api-key": undefined as never })).toEqual(ok({}));
  });

  test("a refusal says nothing of bearers", async () => {
    const { headers } = await setUp().send("GET", target, undefined, { "api-key": "wrong" });
    expect(headers).not.toHaveProperty("www-authenticate");
  });
});

describe("paths", () => {
  test("the handshake and liveness, which needs no key", async () => {
    const { call, send } = setUp();
    const { versions } = await call("GET", "/apiversion?apiDomain=x&websiteDomain=y");
    expect(versions).toEqual(expect.arrayContaining(["2.7", "2.13", "3.1", "4.0", "5.4", "5.6"]));
    const hello = await send("GET", "/hello", undefined, { "api-key": "" });
    expect([hello.status, hello.body, hello.headers["content-type"]]).toEqual([200, "Hello", TEXT]);
  });

  test.each(["", "/appid-shop", "/public", "/appid-Shop/public", "/appid-shop/PUBLIC"])(
    "behind the prefix %j it is the same document",
    async (prefix) => {
      const { call, put } = setUp({}, { appId: "shop" });
      await put("jane", { a: 1 });
      expect(await call("GET", `${prefix}${METADATA}/?userId=jane`)).toEqual(ok({ a: 1 }));
      expect(await call("POST", `${prefix}${METADATA}/bulk/`, { userIds: ["jane"] })).toMatchObject({
        users: [{ userId: "jane" }],
      });
    },
  );

  test.each(["/tenant1", "/appid-shop/tenant1"])("not behind the tenant of %j", async (prefix) => {
    const { refusal } = setUp({}, { appId: "shop" });
    const message = "Only public tenantId can call this app specific API";
    expect(await refusal("GET", `${prefix}${METADATA}?userId=jane`)).toEqual([403, message]);
    expect(await refusal("POST", `${prefix}${METADATA}/remove`, { userId: "jane" })).toEqual([403, message]);
  });

  test("another app is not there", async () => {
    const message = "combination not found: (, other, public)";
    const target = `/appid-other${METADATA}?userId=jane`;
    for (const appId of [undefined, "shop"])
      expect(await setUp({}, { appId }).refusal("GET", target)).toEqual([
        400,
        expect.stringContaining(message),
      ]);
  });

  test("others are the app's", async () => {
    await expect(setUp().send("GET", "/recipe/session")).rejects.toThrow("is not answered");
    await expect(setUp().send("GET", "/shop/hello")).rejects.toThrow("is not answered");
  });
});

describe("conditions", () => {
  test("a write is made on the version that was seen, or not at all", async () => {
    const { send, refusal, get } = setUp();
    const body = (n: number) => ({ userId: "jane", metadataUpdate: { n } });
    const { headers } = await send("PUT", METADATA, body(1), { "if-none-match": "*" });
    const etag = String(headers.etag);
    expect(String((await send("GET", `${METADATA}?userId=jane`)).headers.etag)).toBe(etag);
    expect((await send("PUT", METADATA, body(2), { "if-match": etag })).status).toBe(200);
    const [status] = await refusal("PUT", METADATA, body(3), { "if-match": etag });
    expect(status).toBe(412);
    const removal = [`${METADATA}/remove`, { userId: "jane" }, { "if-match": etag }] as const;
    expect((await refusal("POST", ...removal))[0]).toBe(412);
    expect(await get("jane")).toEqual(ok({ n: 2 }));
  });
});

test("a failure of ours goes to the framework, and is no more than its status to the client", async () => {
  const failing = { ...memoryStore(), read: () => Promise.reject(new Error("secret of the disk")) };
  const { status, body, error } = await setUp({ store: failing }).send("GET", `${METADATA}?userId=jane`);
  expect([status, body]).toEqual([503, "Internal Error"]);
  expect(UserMetadataError.is(error)).toBe(true);
});

describe("withDialects", () => {
  const answer = (metadata: Pick<ReturnType<typeof createUserMetadata>, "handle">, key?: string) =>
    metadata.handle({
      method: "GET",
      path: METADATA,
      query: "userId=jane",
      header: (name) => (name === "api-key" ? key : undefined),
      body: async () => "",
    });

  test("the same documents, behind keys of their own", async () => {
    const metadata = createUserMetadata({ store: memoryStore(), adminKeys: ["key-of-the-native-api"] });
    const cdi = metadata.withDialects([superTokensDialect()], { adminKeys: [API_KEY] });
    await metadata.updateUserMetadata("jane", { privateMetadata: { a: 1 } });
    expect(JSON.parse((await answer(cdi, API_KEY))?.body ?? "")).toEqual(ok({ a: 1 }));
    expect((await answer(cdi, "key-of-the-native-api"))?.status).toBe(401);
    expect((await answer(metadata.withDialects([superTokensDialect()]), API_KEY))?.status).toBe(401);
    expect(await answer(metadata, API_KEY)).toBeUndefined();
  });

  test("beside our own", async () => {
    const metadata = createUserMetadata({
      store: memoryStore(),
      dialects: [nativeDialect(), superTokensDialect()],
      adminKeys: [API_KEY],
    });
    expect((await answer(metadata, API_KEY))?.status).toBe(200);
  });

  test("two that answer one path are refused", () => {
    const metadata = createUserMetadata({ store: memoryStore() });
    const hello = cdiDialect({
      name: "greeter",
      routes: () => [{ method: "GET", path: "/hello", scope: "core", handle: () => "Hi" }],
    });
    expect(() => metadata.withDialects([superTokensDialect(), hello])).toThrow(/both answer \/hello/);
  });
});
