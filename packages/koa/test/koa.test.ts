import Router from "@koa/router";
import { createUserMetadata, memoryStore, type Session, UserMetadataError } from "@usermeta/core";
import { getSession, userMetadata, verifySession } from "@usermeta/koa";
import Koa from "koa";
import session from "koa-session";
import { expect, expectTypeOf, onTestFinished, test } from "vitest";
import { failingStore, issuingEngine, sessionsOf, signedIn } from "../../../test/engines.ts";
import { listen } from "./start.ts";

const metadata = issuingEngine();

/** Starts an app for one test, and makes a function that calls it, with a session if a user is named. */
const start = async (
  app: Pick<Koa, "listen" | "callback">,
): Promise<(path: string, userId?: string) => Promise<Response>> => {
  const { url, close } = await listen(app);
  onTestFinished(close);
  return async (path, userId) =>
    fetch(url + path, { headers: userId ? await signedIn(metadata, userId) : {} });
};

test("a failure of the store goes to the app's error event; a refusal does not", async () => {
  const failing = createUserMetadata({ store: failingStore, sessions: sessionsOf(metadata) });
  const seen: unknown[] = [];
  const app = new Koa().on("error", (error) => seen.push(error));
  app.use(userMetadata(failing).routes());
  const call = await start(app);
  expect((await call("/metadata")).status).toBe(401);
  expect(seen).toEqual([]);
  const failed = await call("/metadata", "jane");
  expect([failed.status, await failed.text()]).toEqual([503, "Service Unavailable"]);
  expect(seen).toEqual([expect.objectContaining({ code: "store_unavailable" })]);
});

test("a failure of a verifier is thrown to the middlewares before it", async () => {
  const down = createUserMetadata({
    store: memoryStore(),
    sessions: () => Promise.reject(new Error("no connection")),
  });
  const app = new Koa().use((ctx, next) =>
    next().catch((error: unknown) => {
      ctx.body = { handledBy: "the app", code: UserMetadataError.is(error) && error.code };
    }),
  );
  const call = await start(app.use(verifySession(down)));
  expect(await (await call("/")).json()).toEqual({ handledBy: "the app", code: "internal_error" });
});

test("the answer goes through ctx: middlewares before it see it, and their names in Vary stay", async () => {
  const seen: unknown[] = [];
  const app = new Koa().use(async (ctx, next) => {
    ctx.vary("Origin");
    await next();
    seen.push(ctx.status, ctx.type, ctx.length === Buffer.byteLength(String(ctx.body)));
  });
  const call = await start(app.use(userMetadata(metadata).routes()));
  const { headers } = await call("/metadata", "jane");
  expect(headers.get("content-type")).toBe("application/json");
  expect(headers.get("vary")).toBe("Origin, Authorization, Cookie");
  expect(seen).toEqual([200, "application/json", true]);
});

test("getSession says which middleware is missing, and that a request is anonymous", async () => {
  const app = new Koa();
  app.silent = true;
  const codes: unknown[] = [];
  const read = (ctx: Koa.Context): void => {
    try {
      ctx.body = getSession(ctx).getUserId();
    } catch (error) {
      codes.push(UserMetadataError.is(error) && error.code);
    }
  };
  const router = new Router().get("/forgotten", read);
  router.get("/optional", verifySession(metadata, { required: false }), read);
  const call = await start(app.use(router.routes()));
  await call("/forgotten");
  await call("/optional");
  expect(codes).toEqual(["session_middleware_missing", "session_missing"]);
});

test("koa-session keeps its ctx.session and its cookie, whether it comes before or after", async () => {
  for (const before of [true, false]) {
    const app = new Koa();
    const carts = session({ signed: false }, app);
    for (const middleware of before ? [carts, verifySession(metadata)] : [verifySession(metadata), carts]) {
      app.use(middleware);
    }
    app.use((ctx) => {
      Object.assign(ctx.session, { cart: 3 });
      ctx.body = [getSession(ctx).getUserId(), ctx.session];
    });
    const answer = await (await start(app))("/", "jane");
    expect(await answer.json()).toEqual(["jane", { cart: 3 }]);
    const [, cookie = ""] = /^koa\.sess=([^;]+)/.exec(answer.headers.get("set-cookie") ?? "") ?? [];
    const { cart, ...rest } = JSON.parse(Buffer.from(cookie, "base64").toString());
    expect([cart, Object.keys(rest)]).toEqual([3, ["_expire", "_maxAge"]]);
  }
});

test("a ctx.session that the app put there is left alone", async () => {
  const app = new Koa().use((ctx, next) => {
    ctx.session = { cart: 3 };
    return next();
  });
  app.use(verifySession(metadata)).use((ctx) => {
    ctx.body = [ctx.session, getSession(ctx).getUserId()];
  });
  expect(await (await (await start(app))("/", "jane")).json()).toEqual([{ cart: 3 }, "jane"]);
});

test("of two guards on a route, the session of the second counts", async () => {
  const fixed = (userId: string) =>
    createUserMetadata({
      store: memoryStore(),
      sessions: () => ({
        getUserId: () => userId,
        getTenantId: () => "public",
        getHandle: () => "",
        getAccessTokenPayload: () => ({}),
      }),
    });
  const app = new Koa().use(verifySession(fixed("jane"))).use(verifySession(fixed("joe")));
  app.use((ctx) => {
    ctx.body = [ctx.session.getUserId(), getSession(ctx).getUserId()];
  });
  expect(await (await (await start(app))("/")).json()).toEqual(["joe", "joe"]);
});

test("a route of the app's own router can hold the metadata routes", async () => {
  const router = new Router({ prefix: "/api" });
  router.all("/users{/*path}", userMetadata(metadata, { prefix: "/api/users/" }).routes(), (ctx) => {
    ctx.body = "the app's";
  });
  const call = await start(new Koa().use(router.routes()));
  expect(await (await call("/api/users/metadata", "jane")).json()).toMatchObject({ userId: "jane" });
  for (const path of ["/api/users", "/api/users/"]) {
    expect(await (await call(path)).text()).toBe("the app's");
  }
});

test.each(["auth", "auth/", "/auth?x", "/a#b"])("the prefix %j is refused", (prefix) => {
  expect(() => userMetadata(metadata, { prefix })).toThrow(
    expect.objectContaining({ code: "options_invalid", message: expect.stringContaining(prefix) }),
  );
});

test("ctx.session is typed by the guard, without a cast", () => {
  new Router<{ user: string }, { log: (line: string) => void }>()
    .get("/required", verifySession(metadata), (ctx) => {
      expectTypeOf(ctx.session).toEqualTypeOf<Session>();
      expectTypeOf(ctx.state.user).toEqualTypeOf<string>();
      expectTypeOf(ctx.log).parameter(0).toEqualTypeOf<string>();
    })
    .get("/optional", verifySession(metadata, { required: false }), (ctx) => {
      expectTypeOf(ctx.session).toEqualTypeOf<Session | undefined>();
    });
  new Router()
    .get("/named", "/required", verifySession(metadata), (ctx) => {
      expectTypeOf(ctx.session).toEqualTypeOf<Session>();
    })
    .post("/", verifySession(metadata, {}), (ctx, next) => {
      expectTypeOf(ctx.session).toEqualTypeOf<Session>();
      return next();
    });
  new Koa<{ user: string }, { log: (line: string) => void }>()
    .use(userMetadata(metadata).routes())
    .use(verifySession(metadata))
    .use((ctx) => {
      expectTypeOf(ctx.session).toEqualTypeOf<Session>();
      expectTypeOf(ctx.state.user).toEqualTypeOf<string>();
      expectTypeOf(getSession(ctx)).toEqualTypeOf<Session>();
    });
});
