import type { Handler as NetlifyHandler } from "@netlify/functions";
import {
  createUserMetadata,
  jwtSessions,
  memoryStore,
  type Session,
  UserMetadataError,
} from "@usermeta/core";
import {
  getSession,
  type LambdaEventV1,
  type LambdaEventV2,
  type SessionEvent,
  userMetadata,
  verifySession,
} from "@usermeta/lambda";
import type {
  ALBEvent,
  ALBHandler,
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  APIGatewayProxyHandler,
  APIGatewayProxyHandlerV2,
  APIGatewayProxyStructuredResultV2,
  Context,
  LambdaFunctionURLHandler,
} from "aws-lambda";
import { afterEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { failingStore, issuingEngine, sessionsOf } from "../../../test/engines.ts";

const metadata = issuingEngine({ adminKeys: ["an-admin-key-for-tests"] });
const failing = createUserMetadata({ store: failingStore, sessions: sessionsOf(metadata) });
const jwksUri = "http://127.0.0.1:1/jwks.json";
const jwksDown = createUserMetadata({
  store: memoryStore(),
  sessions: jwtSessions({ issuer: "https://issuer.test", audience: "app", jwksUri }),
});
const handler = userMetadata(metadata);
const token = await metadata.issueToken("jane");

const v1 = (event: Partial<LambdaEventV1> = {}): LambdaEventV1 => ({
  httpMethod: "GET",
  path: "/metadata",
  headers: { Authorization: `Bearer ${token}` },
  multiValueHeaders: null,
  body: null,
  isBase64Encoded: false,
  ...event,
});

const http = { method: "GET" };
const httpApi = { domainName: "api.example.com", stage: "$default", http };
const v2 = (event: Partial<LambdaEventV2> = {}): LambdaEventV2 => ({
  rawPath: "/metadata",
  rawQueryString: "",
  headers: { authorization: `Bearer ${token}` },
  requestContext: httpApi,
  isBase64Encoded: false,
  ...event,
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the format of the answer is that of the event", () => {
  test("1.0", async () => {
    const { headers, ...answer } = await handler(v1());
    expect(answer).toEqual({
      statusCode: 200,
      multiValueHeaders: {},
      body: expect.stringContaining('"jane"'),
      isBase64Encoded: false,
    });
    expect(headers).toMatchObject({ "content-type": "application/json", etag: '"0"' });
  });

  test("2.0", async () => {
    const { headers, ...answer } = await handler(v2());
    expect(answer).toEqual({
      statusCode: 200,
      cookies: [],
      body: expect.stringContaining('"jane"'),
      isBase64Encoded: false,
    });
    expect(headers).toMatchObject({ "content-type": "application/json", etag: '"0"' });
  });

  test("a load balancer that sends only lists is answered with only lists", async () => {
    const { headers: _, ...event } = v1();
    const answer = await handler({
      ...event,
      multiValueHeaders: { authorization: [`Bearer ${token}`] },
      requestContext: { elb: { targetGroupArn: "arn" } },
    });
    expect(answer).toMatchObject({
      statusCode: 200,
      headers: {},
      multiValueHeaders: { "content-type": ["application/json"] },
    });
  });
});

describe("the path", () => {
  const admin = { authorization: "Bearer an-admin-key-for-tests" };
  const idOf = async (event: LambdaEventV1 | LambdaEventV2): Promise<unknown> =>
    JSON.parse((await userMetadata(metadata, { prefix: "/auth/" })({ ...event, headers: admin })).body)
      .userId;

  test.each([
    ["a REST API sends it encoded, without the stage", v1({ path: "/auth/users/a%2540b/metadata" })],
    [
      "an HTTP API decodes it, in format 1.0 too",
      v1({ version: "1.0", path: "/auth/users/a%40b/metadata", requestContext: { stage: "$default" } }),
    ],
    ["an HTTP API decodes it", v2({ rawPath: "/auth/users/a%40b/metadata" })],
    [
      "an HTTP API begins it with its stage",
      v2({ rawPath: "/prod/auth/users/a%40b/metadata", requestContext: { ...httpApi, stage: "prod" } }),
    ],
    [
      "a stage may be called as the prefix is",
      v2({ rawPath: "/auth/auth/users/a%40b/metadata", requestContext: { ...httpApi, stage: "auth" } }),
    ],
    [
      "a function URL sends it encoded",
      v2({
        rawPath: "/auth/users/a%2540b/metadata",
        requestContext: { ...httpApi, domainName: "abc.lambda-url.eu-west-1.on.aws" },
      }),
    ],
    [
      "Netlify has it encoded in rawUrl alone",
      v1({ path: "/auth/users/a%40b/metadata", rawUrl: "https://x.test/auth/users/a%2540b/metadata?a#b" }),
    ],
  ])("%s", async (_, event) => {
    expect(await idOf(event)).toBe("a%40b");
  });

  test("a path that is not ours is a 404, or the app's", async () => {
    expect(await handler(v1({ path: "/other" }))).toMatchObject({
      statusCode: 404,
      headers: { "content-type": "application/problem+json" },
    });
    const context = { awsRequestId: "1" } as Context;
    const next = async (event: LambdaEventV1, { awsRequestId }: Context) => `${event.path} ${awsRequestId}`;
    const mounted = userMetadata(metadata, { prefix: "/auth", next });
    expect(await mounted(v1(), context)).toBe("/metadata 1");
    expect(await mounted(v1({ path: "/auth/metadata" }), context)).toMatchObject({ statusCode: 200 });
  });
});

test("a REST API answers by its own address and below a custom domain's base path", async () => {
  const mounted = userMetadata(metadata, { prefix: ["/auth", "/v1/auth"] });
  const statusOf = async (path: string) => (await mounted(v1({ path }))).statusCode;
  expect(await Promise.all(["/auth/metadata", "/v1/auth/metadata"].map(statusOf))).toEqual([200, 200]);
  expect(await Promise.all(["/metadata", "/v1/metadata", "/v2/auth/metadata"].map(statusOf))).toEqual([
    404, 404, 404,
  ]);
  expect(() => userMetadata(metadata, { prefix: ["/auth", "v1"] })).toThrow(/begin it with/);
});

describe("headers and cookies", () => {
  const statusOf = async (event: LambdaEventV1 | LambdaEventV2): Promise<number> =>
    (await handler(event)).statusCode;

  test("no headers at all, as the console's test sends, is a 401", async () => {
    expect(await statusOf(v1({ headers: null }))).toBe(401);
  });

  test.each([
    ["1.0", v1({ headers: {}, multiValueHeaders: { Cookie: ["a=1", `session=${token}`] } })],
    ["1.0, the single ones alone", v1({ headers: { cookie: `a=1; session=${token}` } })],
    ["2.0", v2({ headers: {}, cookies: ["a=1", `session=${token}`] })],
    ["a function URL, twice", v2({ headers: { cookie: `session=${token}` }, cookies: [`session=${token}`] })],
  ])("cookies of format %s", async (_, event) => {
    expect(await statusOf(event)).toBe(200);
  });

  test("a second Authorization is refused, whatever its case", async () => {
    const bearer = `Bearer ${token}`;
    const multiValueHeaders = { Authorization: [bearer], authorization: [bearer] };
    expect(await statusOf(v1({ multiValueHeaders }))).toBe(401);
    expect(await statusOf(v2({ headers: { authorization: `${bearer},${bearer}` } }))).toBe(401);
  });
});

describe("a failure of ours", () => {
  const problem = (code: string) => ({
    statusCode: 503,
    headers: { "content-type": "application/problem+json", "retry-after": "1" },
    body: `{"type":"urn:usermeta:error:${code}","status":503,"detail":"The server failed; its log says why.","code":"${code}"}`,
  });
  const corrupt = new UserMetadataError("store_corrupt", "The disk is on fire.");
  const damaged = createUserMetadata({
    store: { read: () => Promise.reject(corrupt), write: () => Promise.reject(corrupt) },
    sessions: sessionsOf(metadata),
  });

  test("of 503 is answered, also in a handler of the app's own, and logged", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    expect(await userMetadata(failing)(v1())).toMatchObject(problem("store_unavailable"));
    expect(await userMetadata(failing)(v2())).toMatchObject(problem("store_unavailable"));
    expect(await verifySession(jwksDown)(async () => "not reached")(v2())).toMatchObject(
      problem("jwks_unavailable"),
    );
    const own = verifySession(metadata)(() => failing.getUserMetadata("jane"));
    expect(await own(v2())).toMatchObject(problem("store_unavailable"));
    const logged = log.mock.calls.map(([error]) => error.code);
    expect(logged).toEqual([
      ...["store_unavailable", "store_unavailable"],
      ...["jwks_unavailable", "store_unavailable"],
    ]);
  });

  test("of 503 is told to onUnavailable, in the place of the log", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    const told: string[] = [];
    const onUnavailable = ({ code }: UserMetadataError) => void told.push(code);
    await userMetadata(failing, { onUnavailable })(v1());
    await verifySession(jwksDown, { onUnavailable })(async () => "not reached")(v2());
    await verifySession(metadata, { onUnavailable })(() => failing.getUserMetadata("jane"))(v2());
    expect(told).toEqual(["store_unavailable", "jwks_unavailable", "store_unavailable"]);
    expect(log).not.toHaveBeenCalled();
  });

  test("of another status is thrown, for the runtime to report", async () => {
    await expect(userMetadata(damaged)(v1())).rejects.toBe(corrupt);
    await expect(userMetadata(damaged)(v2())).rejects.toBe(corrupt);
    await expect(verifySession(metadata)(() => Promise.reject(corrupt))(v2())).rejects.toBe(corrupt);
  });

  test("of another status is answered and logged on Netlify, which would show a client its stack", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    const answer = await userMetadata(damaged)(v1({ rawUrl: "https://x.test/metadata" }));
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain("disk");
    expect(log).toHaveBeenCalledWith(corrupt);
  });
});

describe("verifySession", () => {
  test("gives the handler a copy of the event, and its context", async () => {
    const event = v2();
    const guarded = verifySession(metadata)(async (own: SessionEvent<LambdaEventV2>, context: Context) => [
      own.session.getUserId(),
      getSession(own).getUserId(),
      own.rawPath,
      context.awsRequestId,
    ]);
    expect(await guarded(event, { awsRequestId: "1" } as Context)).toEqual([
      "jane",
      "jane",
      "/metadata",
      "1",
    ]);
    expect(event).toEqual(v2());
  });

  test("leaves a session of the app's own alone; getSession finds ours", async () => {
    const guarded = verifySession(metadata)(async (own) => [own.session, getSession(own).getUserId()]);
    const event = { ...v1(), session: { cart: 3 } };
    expect(await guarded(event)).toEqual([{ cart: 3 }, "jane"]);
  });

  test("throws what the handler throws", async () => {
    const error = new Error("the app's");
    const guarded = verifySession(metadata)(() => Promise.reject(error));
    await expect(guarded(v1())).rejects.toBe(error);
  });
});

test("types: what is deployed is typed by the platform's own types, with no cast", () => {
  const rest: APIGatewayProxyHandler = userMetadata(metadata);
  const api: APIGatewayProxyHandlerV2 = userMetadata(metadata, { prefix: "/auth" });
  const url: LambdaFunctionURLHandler = userMetadata(metadata);
  const alb: ALBHandler = userMetadata(metadata);
  const netlify: NetlifyHandler = userMetadata(metadata);
  expect([rest, api, url, alb, netlify]).toHaveLength(5);

  const guard = verifySession(metadata);
  const own: APIGatewayProxyHandlerV2 = guard(async (event, context) => {
    expectTypeOf(event.session).toEqualTypeOf<Session>();
    expectTypeOf(event.requestContext.http.userAgent).toEqualTypeOf<string>();
    expectTypeOf(context).toEqualTypeOf<Context>();
    return { statusCode: 200, body: event.session.getUserId() };
  });
  const netlifyOwn: NetlifyHandler = guard(async ({ session }) => ({
    statusCode: 200,
    body: session.getUserId(),
  }));
  expect([own, netlifyOwn]).toHaveLength(2);

  const typed = guard(async ({ session }: SessionEvent<APIGatewayProxyEventV2>) => ({
    body: session.getUserId(),
  }));
  expectTypeOf(typed).parameter(0).toEqualTypeOf<APIGatewayProxyEventV2>();
  expectTypeOf<Awaited<ReturnType<typeof typed>>>().toExtend<APIGatewayProxyStructuredResultV2>();
  expectTypeOf<ALBEvent>().toExtend<LambdaEventV1>();
  expectTypeOf<APIGatewayProxyEvent>().toExtend<LambdaEventV1>();

  verifySession(metadata, { required: false })(async (event) => {
    expectTypeOf(event.session).toEqualTypeOf<Session | undefined>();
  });
});

describe("what a session sends", () => {
  const sending = createUserMetadata({
    store: memoryStore(),
    sessions: ({ response }) => {
      response?.setHeader("St-Access-Token", "fresh");
      response?.appendHeader("Set-Cookie", "a=1");
      response?.appendHeader("Set-Cookie", "b=2");
      return undefined;
    },
  });
  const guard = verifySession(sending, { required: false });

  test("joins a result of format 1.0, whose own cookie is among its single headers", async () => {
    const own = guard(async () => ({
      statusCode: 200,
      headers: { "Set-Cookie": "own=0", etag: "x" },
      body: "",
    }));
    expect(await own(v1())).toEqual({
      statusCode: 200,
      headers: { etag: "x", "st-access-token": "fresh" },
      multiValueHeaders: { "set-cookie": ["own=0", "a=1", "b=2"] },
      body: "",
    });
  });

  test("joins a result of format 2.0", async () => {
    const own = guard(async () => ({ statusCode: 204, cookies: ["own=0"] }));
    expect(await own(v2())).toEqual({
      statusCode: 204,
      headers: { "st-access-token": "fresh" },
      cookies: ["own=0", "a=1", "b=2"],
    });
  });

  test.each([
    [{ greeting: "hi" }, '{"greeting":"hi"}'],
    ["hi", "hi"],
  ])("makes the answer that a gateway would make of %j", async (result, body) => {
    const own = guard(async () => result);
    expect(await own(v2())).toMatchObject({
      statusCode: 200,
      headers: { "content-type": "application/json", "st-access-token": "fresh" },
      body,
    });
  });
});
