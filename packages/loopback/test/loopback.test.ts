import { type Context, type Interceptor, inject, intercept, invokeMethod } from "@loopback/core";
import {
  DefaultSequence,
  get,
  type LogError,
  type Middleware,
  type RequestContext,
  RestApplication,
  RestBindings,
  type RestServerConfig,
} from "@loopback/rest";
import { createUserMetadata, type Session, type SessionVerifier } from "@usermeta/core";
import { getSession, SESSION, userMetadata, verifySession } from "@usermeta/loopback";
import { afterEach, expect, expectTypeOf, test } from "vitest";
import { failingStore, issuingEngine, sessionsOf, signedIn } from "../../../test/engines.ts";

const metadata = issuingEngine();
const bearer = await signedIn(metadata);

const apps: RestApplication[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.stop();
});

/** An app on a free port, and a function that calls it and reads its JSON. */
const listen = async (setUp: (app: RestApplication) => void, config: RestServerConfig = {}) => {
  const app = new RestApplication({ rest: { host: "127.0.0.1", port: 0, ...config } });
  apps.push(app);
  setUp(app);
  await app.start();
  return async (path: string, init: RequestInit = {}) => {
    const response = await fetch(app.restServer.rootUrl + path, { headers: bearer, ...init });
    const { status, headers } = response;
    const isJson = headers.get("content-type")?.includes("json");
    return { status, headers, body: isJson ? await response.json() : await response.text() };
  };
};

test("a failure goes to LoopBack's reject and its error log, a refusal does not", async () => {
  const sessions: SessionVerifier = (view) => {
    if (view.header("x-broken")) throw new Error("no database of sessions");
    return sessionsOf(metadata)(view);
  };
  const broken = createUserMetadata({ store: failingStore, sessions });
  class OwnController {
    @intercept(verifySession(broken))
    @get("/own")
    own() {
      return {};
    }
  }
  const logged: unknown[][] = [];
  const call = await listen((app) => {
    const log: LogError = (error, status) => logged.push([status, "code" in error && error.code]);
    app.bind(RestBindings.SequenceActions.LOG_ERROR).to(log);
    app.component(userMetadata(broken));
    app.controller(OwnController);
  });
  expect((await call("/metadata", { headers: {} })).body).toMatchObject({ code: "session_missing" });
  expect((await call("/metadata")).body).toEqual({
    error: { statusCode: 503, message: "Service Unavailable" },
  });
  expect((await call("/own", { headers: { "x-broken": "1" } })).status).toBe(500);
  expect(logged).toEqual([
    [503, "store_unavailable"],
    [500, "internal_error"],
  ]);
});

test("a sequence of actions works with the routes and the guard too", async () => {
  class OwnSequence extends DefaultSequence {}
  class OwnController {
    @intercept(verifySession(metadata))
    @get("/own")
    own(@inject(SESSION) session: Session) {
      return { userId: session.getUserId() };
    }
  }
  const call = await listen(
    (app) => {
      app.component(userMetadata(metadata, { prefix: "/auth/" }));
      app.controller(OwnController);
    },
    { sequence: OwnSequence },
  );
  expect((await call("/auth/metadata")).body).toMatchObject({ userId: "jane" });
  expect((await call("/own")).body).toEqual({ userId: "jane" });
  const refused = await call("/own", { headers: {} });
  expect(refused).toMatchObject({ status: 401, body: { code: "session_missing" } });
  expect((await call("/auth/nothing")).status).toBe(404);
});

test("below a base path and a prefix; LoopBack's own OpenAPI document and its CORS stay", async () => {
  const call = await listen(
    (app) => {
      app.component(userMetadata(metadata, { prefix: "/one" }));
      app.component(userMetadata(metadata, { prefix: "/two" }));
    },
    { basePath: "/api" },
  );
  expect((await call("/api/one/metadata")).body).toMatchObject({ userId: "jane" });
  expect((await call("/api/two/metadata")).headers.get("access-control-allow-origin")).toBe("*");
  expect((await call("/api/two/openapi.json")).body).toMatchObject({ info: { title: "usermeta" } });
  expect((await call("/api/openapi.json")).body).toMatchObject({ info: { title: "LoopBack Application" } });
  const preflight = await call("/api/one/metadata", { method: "OPTIONS" });
  expect([preflight.status, preflight.headers.get("access-control-allow-methods")]).toEqual([
    204,
    "GET,HEAD,PUT,PATCH,POST,DELETE",
  ]);
  for (const path of ["/one/metadata", "/api/metadata", "/api//one/metadata", "/api/One/metadata"]) {
    expect((await call(path)).status, path).toBe(404);
  }
});

test("on a class and on its method, both run; a getter in the constructor finds the session", async () => {
  @intercept(verifySession(metadata, { required: false }))
  class OwnController {
    readonly session: () => Promise<Session>;
    constructor(@inject.getter(SESSION) session: () => Promise<Session>) {
      this.session = session;
    }

    @get("/optional")
    optional(@inject(SESSION, { optional: true }) session?: Session) {
      return { userId: session?.getUserId() ?? null };
    }

    @intercept(verifySession(metadata))
    @get("/required")
    async required() {
      return { userId: (await this.session()).getUserId() };
    }
  }
  const call = await listen((app) => void app.controller(OwnController));
  expect((await call("/optional", { headers: {} })).body).toEqual({ userId: null });
  expect((await call("/optional")).body).toEqual({ userId: "jane" });
  expect((await call("/required")).body).toEqual({ userId: "jane" });
  expect((await call("/required", { headers: {} })).status).toBe(401);
});

test("as a middleware it guards all routes, before bodies are parsed and controllers are made", async () => {
  class OwnController {
    readonly session: Session;
    constructor(@inject(SESSION) session: Session) {
      this.session = session;
    }

    @get("/own")
    own() {
      return { userId: this.session.getUserId() };
    }
  }
  const call = await listen((app) => {
    app.middleware(verifySession(metadata));
    app.controller(OwnController);
  });
  expect((await call("/own")).body).toEqual({ userId: "jane" });
  expect((await call("/own", { headers: {} })).body).toMatchObject({ code: "session_missing" });
  expect((await call("/nothing", { headers: {} })).status).toBe(401);
});

test("getSession says that the guard is missing, and that a request is anonymous", async () => {
  class OwnController {
    readonly context: RequestContext;
    constructor(@inject(RestBindings.Http.CONTEXT) context: RequestContext) {
      this.context = context;
    }

    @get("/forgotten")
    forgotten() {
      return getSession(this.context).getUserId();
    }

    @intercept(verifySession(metadata, { required: false }))
    @get("/optional")
    optional() {
      return { userId: getSession(this.context).getUserId() };
    }
  }
  const codes: unknown[] = [];
  const call = await listen((app) => {
    const log: LogError = (error) => codes.push("code" in error && error.code);
    app.bind(RestBindings.SequenceActions.LOG_ERROR).to(log);
    app.controller(OwnController);
  });
  expect((await call("/forgotten")).status).toBe(500);
  expect((await call("/optional", { headers: {} })).status).toBe(401);
  expect(codes).toEqual(["session_middleware_missing", "session_missing"]);
  expect((await call("/optional")).body).toEqual({ userId: "jane" });
});

test("a request.session of the app's own is left alone", async () => {
  class OwnController {
    @intercept(verifySession(metadata))
    @get("/both")
    both(@inject(RestBindings.Http.REQUEST) request: object, @inject(SESSION) session: Session) {
      return ["session" in request && request.session, session.getUserId()];
    }
  }
  const call = await listen((app) => {
    const addCart: Middleware = ({ request }, next) => {
      Object.assign(request, { session: { cart: 3 } });
      return next();
    };
    app.middleware(addCart);
    app.controller(OwnController);
  });
  expect((await call("/both")).body).toEqual([{ cart: 3 }, "jane"]);
});

test("outside a request it denies", async () => {
  class Service {
    @intercept(verifySession(metadata, { required: false }))
    async secret() {
      return "told";
    }
  }
  const app: Context = new RestApplication();
  await expect(async () => invokeMethod(new Service(), "secret", app)).rejects.toThrow(
    "middleware.http.context",
  );
});

test("the types are LoopBack's", () => {
  const guard = verifySession(metadata);
  expectTypeOf(guard).toExtend<Interceptor>();
  expectTypeOf(guard).toExtend<Middleware>();
  expectTypeOf<RequestContext>().toExtend<Parameters<typeof getSession>[0]>();
  expectTypeOf(
    async (context: Context) => await context.get(SESSION),
  ).returns.resolves.toEqualTypeOf<Session>();
});
