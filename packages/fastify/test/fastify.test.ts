import { createRequire } from "node:module";
import {
  createUserMetadata,
  memoryStore,
  type Session,
  type SessionVerifier,
  type UserMetadataError,
} from "@usermeta/core";
import { getSession, userMetadata, verifySession } from "@usermeta/fastify";
import { type FastifyInstance, type FastifyPluginAsync, type FastifyServerOptions, fastify } from "fastify";
import { describe, expect, expectTypeOf, onTestFinished, test } from "vitest";
import { failingStore, issuingEngine, sessionsOf, signedIn } from "../../../test/engines.ts";

const require = createRequire(import.meta.url);
/** Untyped here: test/consumers has its types beside ours. */
const cookie: FastifyPluginAsync = require("@fastify/cookie");
const session: FastifyPluginAsync<{ secret: string }> = require("@fastify/session");
const swagger: FastifyPluginAsync<{ openapi: object }> = require("@fastify/swagger");

const ADMIN_KEY = "an-admin-key-for-tests";
const ADMIN = { authorization: `Bearer ${ADMIN_KEY}` };
const metadata = issuingEngine({ adminKeys: [ADMIN_KEY] });
const broken = createUserMetadata({ store: failingStore, sessions: sessionsOf(metadata) });

const appWith = (options: FastifyServerOptions = {}): FastifyInstance => {
  const app = fastify(options);
  onTestFinished(() => app.close());
  return app;
};

describe("errors", () => {
  test("a refusal is answered here; a failure reaches the app's error handler, and onError, once", async () => {
    const app = appWith();
    const seen: unknown[] = [];
    app.addHook("onError", async (_request, _reply, error) => void seen.push(error.code));
    app.setErrorHandler<UserMetadataError>((error, _request, reply) =>
      reply
        .code(error.status)
        .headers(error.headers ?? {})
        .send({ handledBy: "the app", code: error.code }),
    );
    app.register(userMetadata, { metadata: broken });
    const refused = await app.inject("/metadata");
    expect([refused.statusCode, refused.json().code, seen]).toEqual([401, "session_missing", []]);
    expect(refused.headers["content-type"]).toBe("application/problem+json");
    const failed = await app.inject({ url: "/metadata", headers: await signedIn(metadata) });
    expect([failed.statusCode, failed.json()]).toEqual([
      503,
      { handledBy: "the app", code: "store_unavailable" },
    ]);
    expect(failed.headers["retry-after"]).toBe("1");
    expect(seen).toEqual(["store_unavailable"]);
  });

  test("a verifier that fails reaches it from a hook too, and nothing has been sent", async () => {
    const app = appWith();
    const down = createUserMetadata({
      store: memoryStore(),
      sessions: () => Promise.reject(new Error("directory down")),
    });
    app.setErrorHandler((_error, _request, reply) => reply.code(500).send({ handledBy: "the app" }));
    app.get("/own", { preValidation: verifySession(down) }, async () => ({ reached: true }));
    const { statusCode, body } = await app.inject("/own");
    expect([statusCode, body]).toEqual([500, '{"handledBy":"the app"}']);
  });

  test("if a hook fails after our answer, the app's error handler sends JSON, with its Content-Type", async () => {
    const app = appWith();
    app.addHook("onSend", async (_request, _reply, payload) => {
      if (typeof payload === "string" && payload.includes("publicMetadata")) throw new Error("hook");
    });
    app.setErrorHandler((_error, _request, reply) => {
      reply.removeHeader("content-type").removeHeader("content-length");
      return reply.code(500).send({ handledBy: "the app" });
    });
    app.register(userMetadata, { metadata });
    const { statusCode, headers, body } = await app.inject({
      url: "/metadata",
      headers: await signedIn(metadata),
    });
    expect([statusCode, headers["content-type"], body]).toEqual([
      500,
      "application/json; charset=utf-8",
      '{"handledBy":"the app"}',
    ]);
  });

  test("getSession says which hook is missing, and that a request is anonymous", async () => {
    const app = appWith();
    app.get("/forgotten", async (request) => getSession(request).getUserId());
    const anonymous = { preHandler: verifySession(metadata, { required: false }) };
    app.get("/optional", anonymous, async (request) => getSession(request).getUserId());
    const forgotten = await app.inject("/forgotten");
    expect([forgotten.statusCode, forgotten.json().code]).toEqual([500, "session_middleware_missing"]);
    const optional = await app.inject("/optional");
    expect([optional.statusCode, optional.json().code]).toEqual([401, "session_missing"]);
  });

  test("an answer that Node refuses to send reaches the app's error handler too", async () => {
    const session: Session = {
      getUserId: () => "jane",
      getTenantId: () => "public",
      getHandle: () => "",
      getAccessTokenPayload: () => ({}),
    };
    const sessions: SessionVerifier = ({ response }) => {
      response?.setHeader("x-broken", "two\nlines");
      return session;
    };
    const app = appWith();
    app.register(userMetadata, { metadata: createUserMetadata({ store: memoryStore(), sessions }) });
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    const answer = await fetch(`${url}/metadata`);
    expect([answer.status, await answer.json()]).toMatchObject([500, { code: "ERR_INVALID_CHAR" }]);
  });
});

describe("encapsulation", () => {
  test("the app's own routes keep Fastify's JSON parser, and are guarded outside of the plugin", async () => {
    const app = appWith();
    app.register(userMetadata, { metadata, prefix: "/auth" });
    app.post("/own", { preHandler: verifySession(metadata) }, async (request) => ({
      body: request.body,
      userId: getSession(request).getUserId(),
    }));
    const headers = await signedIn(metadata);
    const own = await app.inject({ method: "POST", url: "/own", headers, payload: { a: 1 } });
    expect(own.json()).toEqual({ body: { a: 1 }, userId: "jane" });
    const bad = { method: "POST", headers: { ...headers, "content-type": "application/json" } } as const;
    const fastifys = await app.inject({ ...bad, url: "/own", payload: "{" });
    expect(fastifys.json().code).toBe("FST_ERR_CTP_INVALID_JSON_BODY");
    const ours = await app.inject({ ...bad, url: "/auth/updateinfo", payload: "{" });
    expect(ours.json().code).toBe("json_invalid");
  });

  test("mounts of two engines, one of them in a plugin with a prefix of its own, do not mix", async () => {
    const app = appWith();
    const other = issuingEngine({ adminKeys: [ADMIN_KEY] });
    app.register(userMetadata, { metadata, prefix: "auth/" });
    app.register(async (inner) => void inner.register(userMetadata, { metadata: other }), {
      prefix: "/:tenant/x",
    });
    const headers = await signedIn(metadata, "ann");
    const first = await app.inject({ url: "/auth/metadata", headers });
    expect(first.json().userId).toBe("ann");
    const second = await app.inject({ url: "/acme/x/metadata/", headers });
    expect([second.statusCode, second.json().code]).toEqual([401, "token_invalid"]);
    const admin = { headers: ADMIN, url: `/acme/x/users/${"u".repeat(255)}/metadata` };
    expect((await app.inject(admin)).json().userId).toBe("u".repeat(255));
  });

  test("the app's hooks run on our routes, and can keep a request from them", async () => {
    const app = appWith();
    app.addHook("preHandler", async (_request, reply) => reply.code(429).send("slow down"));
    app.register(userMetadata, { metadata });
    const headers = { ...(await signedIn(metadata, "bea")), "content-type": "nonsense" };
    await app.inject({ method: "DELETE", url: "/metadata", headers });
    const { statusCode } = await app.inject({ url: "/metadata", headers });
    expect([statusCode, (await metadata.getUserMetadata("bea")).version]).toEqual([429, 0]);
  });

  test("headers that a hook of the app has set stay on our answers", async () => {
    const app = appWith();
    app.addHook("onRequest", async (_request, reply) => void reply.header("x-frame-options", "DENY"));
    app.register(userMetadata, { metadata });
    const { headers } = await app.inject("/metadata");
    expect(headers).toMatchObject({ "x-frame-options": "DENY", "www-authenticate": "Bearer" });
  });

  test("neighbours with wildcards and parameters keep the paths that are not ours", async () => {
    const app = appWith();
    app.register(userMetadata, { metadata });
    app.get("/*", async () => "wildcard");
    app.options("/*", async () => "preflight");
    app.get("/users/:id", async () => "user");
    app.get("/users/*", async () => "below users");
    const bodies = ["/x%ZZ", "/nothing", "/users/a", "/users/a/b", `/users/${"u".repeat(101)}/b`].map(
      async (url) => (await app.inject(url)).body,
    );
    const [malformed, ...others] = await Promise.all(bodies);
    expect(malformed).toContain("FST_ERR_BAD_URL");
    expect(others).toEqual(["wildcard", "user", "below users", "below users"]);
    expect((await app.inject({ method: "OPTIONS", url: "/nothing" })).body).toBe("preflight");
    expect((await app.inject({ method: "OPTIONS", url: "/metadata" })).headers.allow).toContain("PATCH");
  });
});

test("a body that a hook of the app has consumed is a failure, not an empty body", async () => {
  const app = appWith();
  app.addHook("preParsing", async (_request, _reply, payload) => void (await payload.toArray()));
  app.register(userMetadata, { metadata });
  const headers = await signedIn(metadata, "cy");
  const { json } = await app.inject({ method: "PUT", url: "/metadata", headers, payload: { a: 1 } });
  expect([json().statusCode, json().code]).toEqual([500, "body_already_read"]);
});

describe("the router", () => {
  test.each([
    { routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true } },
    { routerOptions: { caseSensitive: false, useSemicolonDelimiter: true } },
    { routerOptions: { maxParamLength: 10 } },
    { exposeHeadRoutes: false },
  ])("takes the same paths under %j", async (options) => {
    const app = appWith(options);
    app.register(userMetadata, { metadata, prefix: "/auth" });
    const headers = ADMIN;
    const read = async (segment: string, method: "GET" | "HEAD" = "GET") =>
      app.inject({ method, url: `/auth/users/${segment}/metadata/`, headers });
    expect((await read("jane.doe%40example.com")).json().userId).toBe("jane.doe@example.com");
    expect((await read("u".repeat(255))).json().userId).toBe("u".repeat(255));
    expect((await read("u".repeat(256))).json().code).toBe("user_id_invalid");
    expect((await read("%ZZ")).json().code).toBe("path_invalid");
    expect((await read("jane", "HEAD")).statusCode).toBe(200);
  });

  test("a hook sees the path and its parameter; if it cannot be decoded, the text as it was sent", async () => {
    const app = appWith();
    const seen: unknown[] = [];
    app.addHook("onRequest", async ({ params, routeOptions }) => void seen.push([params, routeOptions.url]));
    app.register(userMetadata, { metadata });
    const long = "u".repeat(101);
    for (const segment of ["a%2Fb", "%ZZ", long]) await app.inject(`/users/${segment}/metadata`);
    expect(seen).toEqual([
      [{ userId: "a/b" }, "/users/:userId/metadata"],
      [{ userId: "%ZZ" }, "/users/:userId/metadata"],
      [{ "*": `users/${long}/metadata` }, "/*"],
    ]);
  });

  test("frameworkErrors and rewriteUrl of the app still work", async () => {
    const app = appWith({
      frameworkErrors: (_error, _request, { raw }) => void raw.writeHead(400).end("the app's 400"),
      rewriteUrl: ({ url = "/" }) => url.replace("/api", "") || "/",
    });
    app.register(userMetadata, { metadata });
    expect((await app.inject("/api/%ZZ")).body).toBe("the app's 400");
    const headers = ADMIN;
    expect((await app.inject({ url: "/api/users/%ZZ/metadata", headers })).json().code).toBe("path_invalid");
    expect((await app.inject({ url: "/api/users/jo/metadata", headers })).json().userId).toBe("jo");
  });
});

describe("request.session", () => {
  test("of @fastify/session is left alone, and ours is found", async () => {
    const app = appWith();
    app.register(cookie);
    app.register(session, { secret: "a secret of more than thirty-two characters" });
    app.register(userMetadata, { metadata });
    app.get("/both", { onRequest: verifySession(metadata) }, async (request) => {
      const theirs = request as { session?: { cart?: number } };
      Object.assign(theirs.session ?? {}, { cart: 3 });
      return [theirs.session?.cart, getSession(request).getUserId()];
    });
    const { body } = await app.inject({ url: "/both", headers: await signedIn(metadata) });
    expect(JSON.parse(body)).toEqual([3, "jane"]);
  });

  test("is decorated, so that it is there before any hook has run", async () => {
    const app = appWith();
    app.register(userMetadata, { metadata });
    await app.ready();
    expect(app.hasRequestDecorator("session")).toBe(true);
  });
});

describe("@fastify/swagger", () => {
  type Paths = Record<string, Record<string, { security?: unknown }>>;
  const pathsOf = async (openapi: object, securitySchemes?: { session: string; admin: string }) => {
    const app = appWith();
    await app.register(swagger, { openapi });
    await app.register(userMetadata, {
      metadata,
      prefix: "/auth",
      ...(securitySchemes && { securitySchemes }),
    });
    await app.ready();
    return (app as unknown as { swagger(): { paths: Paths } }).swagger().paths;
  };

  test("lists each route once, with its media types and parameters", async () => {
    const paths = await pathsOf({});
    const listed = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const expected = metadata.routes.map(({ method, path }) => `${method} /auth${path}`);
    expect(listed.sort()).toEqual(expected.map((line) => line.replace(":userId", "{userId}")).sort());
    expect(paths["/auth/users/{userId}/metadata"]?.patch).toMatchObject({
      tags: ["usermeta"],
      description: "Caller: admin",
      parameters: [{ in: "path", name: "userId", required: true }],
      requestBody: {
        content: {
          "application/json": { schema: { type: "object" } },
          "application/merge-patch+json": { schema: { type: "object" } },
          "application/json-patch+json": { schema: {} },
        },
      },
      responses: {
        200: { content: { "application/json": {} } },
        "4XX": { content: { "application/problem+json": {} } },
      },
    });
    expect(paths["/auth/users/{userId}/metadata"]?.delete).toMatchObject({ responses: { 204: {} } });
    expect(paths["/auth/metadata"]?.get).not.toHaveProperty("security");
  });

  test("lists each route's security, under the names that the app's document has", async () => {
    const bearerAuth = { type: "http", scheme: "bearer" };
    const openapi = { components: { securitySchemes: { userToken: bearerAuth, serverKey: bearerAuth } } };
    const paths = await pathsOf(openapi, { session: "userToken", admin: "serverKey" });
    expect(paths["/auth/metadata"]?.get?.security).toEqual([{ userToken: [] }]);
    expect(paths["/auth/users/{userId}/metadata"]?.put?.security).toEqual([{ serverKey: [] }]);
    expect(paths["/auth/openapi.json"]?.get?.security).toEqual([]);
  });
});

test("the hook fits every place and every kind of route, with the handler's types inferred", () => {
  const app = fastify();
  const hook = verifySession(metadata);
  app.addHook("onRequest", hook);
  app.addHook("preValidation", hook);
  app.addHook("preHandler", hook);
  app.post<{ Body: { birthday: string }; Reply: { 200: { message: string } } }>(
    "/generic",
    { onRequest: hook, preValidation: [hook], preHandler: [hook, hook] },
    async (request) => {
      expectTypeOf(request.body).toEqualTypeOf<{ birthday: string }>();
      return { message: getSession(request).getUserId() };
    },
  );
  app.get("/inferred", { preHandler: hook }, async (request, reply) => {
    expectTypeOf(getSession(request)).toEqualTypeOf<Session>();
    return reply.send({ userId: getSession(request, { required: false })?.getUserId() });
  });
  app.route({
    method: "PUT",
    url: "/route",
    preHandler: hook,
    handler: async (request) => getSession(request),
  });
});

test("the plugin and the hook fit an app of HTTP/2, whose requests have another type", async () => {
  const app = fastify({ http2: true });
  await app.register(userMetadata, { metadata });
  app.get("/me", { onRequest: verifySession(metadata) }, async (request) => getSession(request).getUserId());
  expect((await app.inject("/me")).statusCode).toBe(401);
});
