import { type ReqRefDefaults, type RouteOptionsPreObject, type Server, server } from "@hapi/hapi";
import { createUserMetadata, memoryStore, type Session, UserMetadataError } from "@usermeta/core";
import { getSession, userMetadata, verifySession } from "@usermeta/hapi";
import { describe, expect, expectTypeOf, test } from "vitest";
import { failingStore, issuingEngine, sessionsOf, signedIn } from "../../../test/engines.ts";

const metadata = issuingEngine();
const failing = createUserMetadata({ store: failingStore, sessions: sessionsOf(metadata) });
const keyless = createUserMetadata({
  store: memoryStore(),
  sessions: () => {
    throw new UserMetadataError("jwks_unavailable", "The keys at secret.test did not come.");
  },
});
const bearer = await signedIn(metadata);

const app = async (engine = metadata, options: Parameters<typeof server>[0] = {}): Promise<Server> => {
  const made = server(options);
  await made.register({ plugin: userMetadata, options: { metadata: engine }, routes: { prefix: "/auth" } });
  return made;
};

/** The errors that the server logs: the code and the tags of each. */
const logOf = (each: Server): (readonly string[])[] => {
  const logged: (readonly string[])[] = [];
  each.events.on("request", (_request, { error, tags }) => {
    if (UserMetadataError.is(error)) logged.push([error.code, ...tags]);
  });
  return logged;
};

/** Adds a hook that sends the status that it sees as `x-status`. */
const tellStatus = (each: Server): void => {
  each.ext("onPreResponse", ({ response }, h) => {
    if ("isBoom" in response) response.output.headers["x-status"] = response.output.statusCode;
    return h.continue;
  });
};

/** Adds a hook that sends the code of our Boom as `x-code`. */
const tellCode = (each: Server): void => {
  each.ext("onPreResponse", ({ response }, h) => {
    if ("isBoom" in response && UserMetadataError.is(response))
      response.output.headers["x-code"] = response.code;
    return h.continue;
  });
};

describe("a failure", () => {
  test("of the store is thrown: hapi logs it, onPreResponse sees it, the client learns only the code", async () => {
    const each = await app(failing);
    const logged = logOf(each);
    tellCode(each);
    const { statusCode, headers, result, payload } = await each.inject({
      url: "/auth/metadata",
      headers: bearer,
    });
    expect([statusCode, headers["x-code"]]).toEqual([503, "store_unavailable"]);
    expect([headers["content-type"], headers["retry-after"]]).toEqual(["application/problem+json", "1"]);
    expect(result).toMatchObject({ status: 503, code: "store_unavailable" });
    expect(payload).not.toContain("fire");
    expect(logged).toEqual([["store_unavailable", "handler", "error"]]);
  });

  test("of a guard is logged too", async () => {
    const each = await app(keyless);
    const logged = logOf(each);
    each.route({
      method: "GET",
      path: "/own",
      options: { pre: [{ method: verifySession(keyless) }] },
      handler: () => "never",
    });
    const { statusCode, payload } = await each.inject("/own");
    expect([statusCode, JSON.parse(payload).code]).toEqual([503, "jwks_unavailable"]);
    expect(payload).not.toContain("secret.test");
    expect(logged).toEqual([["jwks_unavailable", "usermeta", "error"]]);
  });

  test("at once for many callers is each one's own answer", async () => {
    const each = await app(failing);
    const request = { url: "/auth/metadata", headers: bearer };
    const answers = await Promise.all(Array.from({ length: 5 }, () => each.inject(request)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([503, 503, 503, 503, 503]);
  });

  test("of an app's own write has the status that it names", async () => {
    const each = await app();
    each.route({
      method: "GET",
      path: "/own/{id}",
      handler: ({ params: { id } }) => (id === "down" ? failing : metadata).getUserMetadata(String(id)),
    });
    const refused = await each.inject(`/own/${"u".repeat(256)}`);
    expect([refused.statusCode, JSON.parse(refused.payload).code]).toEqual([400, "user_id_invalid"]);
    const failed = await each.inject("/own/down");
    expect([failed.statusCode, JSON.parse(failed.payload).code]).toEqual([503, "store_unavailable"]);
    expect(failed.payload).not.toContain("fire");
  });

  test("is not what a refusal becomes", async () => {
    const each = await app();
    const logged = logOf(each);
    const { statusCode, headers } = await each.inject("/auth/metadata");
    expect([statusCode, headers["www-authenticate"], logged]).toEqual([401, "Bearer", []]);
  });
});

/** What stands on the property, which we do not declare. */
const sessionIn = (request: object) => (request as { session?: Session }).session;

describe("the auth scheme", () => {
  const guarded = async (mode: "required" | "optional" | "try", engine = metadata): Promise<Server> => {
    const each = server();
    tellStatus(each);
    await each.register({ plugin: userMetadata, options: { metadata }, routes: { prefix: "/auth" } });
    each.auth.strategy("usermeta", "usermeta", { metadata: engine });
    each.auth.default({ strategy: "usermeta", mode });
    each.route({
      method: "GET",
      path: "/own",
      handler: (request) => {
        const { isAuthenticated } = request.auth;
        const credentials: { session?: Session; user?: unknown } | null = request.auth.credentials;
        expect(credentials?.user).toBe(credentials?.session);
        return { isAuthenticated, id: credentials?.session?.getUserId() ?? null };
      },
    });
    return each;
  };

  test("puts the session into the credentials, on the request, and where getSession finds it", async () => {
    const each = await guarded("required");
    each.route({
      method: "GET",
      path: "/entity",
      options: { auth: { access: { entity: "user" } } },
      handler: (request) => [sessionIn(request)?.getUserId(), getSession(request).getUserId()],
    });
    const own = await each.inject({ url: "/own", headers: bearer });
    expect(own.result).toEqual({ isAuthenticated: true, id: "jane" });
    expect((await each.inject({ url: "/entity", headers: bearer })).result).toEqual(["jane", "jane"]);
  });

  test("as the default does not guard our own routes", async () => {
    const each = await guarded("required");
    const { statusCode, payload } = await each.inject("/auth/metadata");
    expect([statusCode, JSON.parse(payload).code]).toEqual([401, "session_missing"]);
    expect((await each.inject("/auth/openapi.json")).statusCode).toBe(200);
  });

  test("without a session, hapi answers in its own words, or lets the request through", async () => {
    const required = await (await guarded("required")).inject("/own");
    expect([required.statusCode, required.headers["www-authenticate"]]).toEqual([401, "Bearer"]);
    for (const mode of ["optional", "try"] as const)
      expect((await (await guarded(mode)).inject("/own")).result).toEqual({
        isAuthenticated: false,
        id: null,
      });
  });

  test("a bad token is our 401, except in the mode try", async () => {
    const request = { url: "/own", headers: { authorization: "Bearer garbage" } };
    for (const mode of ["required", "optional"] as const) {
      const { statusCode, headers, payload } = await (await guarded(mode)).inject(request);
      expect([statusCode, JSON.parse(payload).code, headers["x-status"]]).toEqual([
        401,
        "token_invalid",
        401,
      ]);
      expect(headers["content-type"]).toBe("application/problem+json");
    }
    expect((await (await guarded("try")).inject(request)).result).toEqual({
      isAuthenticated: false,
      id: null,
    });
  });

  test("a failure is thrown, in every mode except try", async () => {
    const { statusCode } = await (await guarded("optional", keyless)).inject("/own");
    expect(statusCode).toBe(503);
  });

  test("a strategy needs an engine", async () => {
    const each = await app();
    expect(() => each.auth.strategy("none", "usermeta")).toThrow(
      "The strategy usermeta has no engine; pass it what createUserMetadata() returned.",
    );
  });
});

describe("verifySession", () => {
  test("fits a route of any types", async () => {
    const each = await app();
    each.route<{ Payload: { birthday: string }; Params: { year: string } }>({
      method: "POST",
      path: "/own/{year}",
      options: { pre: [{ method: verifySession(metadata) }] },
      handler: (request) => [getSession(request).getUserId(), request.payload.birthday, request.params.year],
    });
    expectTypeOf(verifySession(metadata)).toExtend<RouteOptionsPreObject<ReqRefDefaults>["method"]>();
    const request = { method: "POST", url: "/own/1990", headers: bearer, payload: { birthday: "05-17" } };
    expect((await each.inject(request)).result).toEqual(["jane", "05-17", "1990"]);
  });

  test("can guard all routes of a server", async () => {
    const each = server();
    each.ext("onPreAuth", verifySession(metadata));
    each.route({ method: "GET", path: "/own", handler: (request) => getSession(request).getUserId() });
    expect((await each.inject({ url: "/own", headers: bearer })).result).toBe("jane");
    expect((await each.inject("/own")).statusCode).toBe(401);
  });

  test("leaves a request.session of another plugin alone", async () => {
    const each = await app();
    each.ext("onRequest", (request, h) => {
      Object.assign(request, { session: { cart: 3 } });
      return h.continue;
    });
    each.route({
      method: "GET",
      path: "/both",
      options: { pre: [{ method: verifySession(metadata) }] },
      handler: (request) => [sessionIn(request), getSession(request).getUserId()],
    });
    const { result } = await each.inject({ url: "/both", headers: bearer });
    expect(result).toEqual([{ cart: 3 }, "jane"]);
  });

  test("is named by getSession if it is missing", async () => {
    const each = await app();
    const codes: unknown[] = [];
    each.route({
      method: "GET",
      path: "/forgotten",
      handler: (request) => {
        try {
          return getSession(request).getUserId();
        } catch (error) {
          codes.push(UserMetadataError.is(error) && error.code);
          throw error;
        }
      },
    });
    expect((await each.inject("/forgotten")).statusCode).toBe(500);
    expect(codes).toEqual(["session_middleware_missing"]);
  });
});

describe("the plugin", () => {
  test("mounts two engines, each below its prefix", async () => {
    const other = createUserMetadata({ store: memoryStore(), sessions: sessionsOf(metadata) });
    const each = await app();
    await each.register({ plugin: userMetadata, options: { metadata: other }, routes: { prefix: "/other" } });
    await other.updateUserMetadata("jane", { publicMetadata: { here: true } });
    const read = async (url: string) =>
      JSON.parse((await each.inject({ url, headers: bearer })).payload).publicMetadata;
    expect([await read("/auth/metadata"), await read("/other/metadata")]).toEqual([{}, { here: true }]);
    const malformed = await each.inject("/other/users/%ZZ/metadata");
    expect(JSON.parse(malformed.payload).code).toBe("admin_key_missing");
  });

  test("follows the router's settings", async () => {
    const router = { stripTrailingSlash: true, isCaseSensitive: false };
    const each = await app(metadata, { router });
    for (const url of ["/auth/metadata/", "/AUTH/Metadata?x=1"])
      expect((await each.inject({ url, headers: bearer })).statusCode).toBe(200);
  });

  test("is reached before a catch-all of one method", async () => {
    const each = await app();
    each.route({ method: "GET", path: "/{any*}", handler: () => "static" });
    for (const url of ["/auth/metadata", "/auth/metadata/"])
      expect((await each.inject({ url, headers: bearer })).statusCode).toBe(200);
    expect((await each.inject("/auth/other")).result).toBe("static");
    expect((await each.inject("/%ZZ/other")).statusCode).toBe(400);
  });

  test("leaves CORS to hapi", async () => {
    const each = await app(metadata, { routes: { cors: { origin: ["https://app.test"] } } });
    const origin = { origin: "https://app.test" };
    const preflight = await each.inject({
      method: "OPTIONS",
      url: "/auth/metadata",
      headers: { ...origin, "access-control-request-method": "PATCH" },
    });
    expect([preflight.statusCode, preflight.headers["access-control-allow-methods"]]).toEqual([200, "PATCH"]);
    for (const headers of [origin, { ...origin, ...bearer }]) {
      const answer = await each.inject({ url: "/auth/metadata", headers });
      expect(answer.headers["access-control-allow-origin"]).toBe(origin.origin);
    }
  });

  test("adds nothing to the headers, and keeps the connection if it does not read a body", async () => {
    const each = await app(metadata, { compression: false, host: "127.0.0.1" });
    const ours = ["cache-control", "content-length", "content-type", "etag", "vary"];
    const names = (headers: object) =>
      Object.keys(headers).filter((name) => !/^(date|connection)$/.test(name));
    const read = await each.inject({ url: "/auth/metadata", headers: bearer });
    expect(names(read.headers).sort()).toEqual(ours);
    const options = await each.inject({ method: "OPTIONS", url: "/auth/metadata" });
    expect(names(options.headers)).toEqual(["allow", "accept-patch"]);
    await each.start();
    const refused = await fetch(`${each.info.uri}/auth/metadata`, { method: "PUT", body: "x".repeat(5000) });
    const cleared = await fetch(`${each.info.uri}/auth/metadata`, { method: "DELETE", headers: bearer });
    await each.stop({ timeout: 1000 });
    for (const { headers } of [refused, cleared]) expect(headers.get("connection")).toBe("keep-alive");
    expect([refused.status, cleared.status]).toEqual([401, 200]);
  });

  test("is not subject to the server's settings for bodies and cookies", async () => {
    const payload = { maxBytes: 10, allow: ["application/json"] };
    const each = await app(metadata, { routes: { payload }, state: { strictHeader: true } });
    const { statusCode } = await each.inject({
      method: "PATCH",
      url: "/auth/metadata",
      headers: { ...bearer, cookie: "bad cookie=%ZZ;;", "content-type": "application/merge-patch+json" },
      payload: { theme: "dark and long" },
    });
    expect(statusCode).toBe(200);
  });
});
