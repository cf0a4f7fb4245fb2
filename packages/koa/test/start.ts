import { once } from "node:events";
import { createServer } from "node:http2";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import Router from "@koa/router";
import type { RunningApp, StartHttpApp } from "@usermeta/conformance/http";
import { userMetadata, verifySession } from "@usermeta/koa";
import type Koa from "koa";
import mount from "koa-mount";

const require = createRequire(import.meta.url);

/** Without its types, which would add a body to the requests of the other frameworks tested here. */
const { bodyParser }: { bodyParser(): Koa.Middleware } = require("@koa/bodyparser");

/** How an app listens. */
export type Listen = (app: Pick<Koa, "listen" | "callback">) => Promise<RunningApp>;

/** An app on a port of its own. */
export const listen: Listen = async (app) => {
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, close: () => server[Symbol.asyncDispose]() };
};

/** The same by HTTP/2, without TLS. */
export const listenHttp2: Listen = async (app) => {
  const server = createServer(app.callback()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, close: async () => void server.close() };
};

/** What Koa's parser does not have in common with others. */
export const SKIP = {
  "behind a parser: any integer beyond 2^53 is refused, for it may have been rounded":
    "Koa's parser keeps the text in ctx.request.rawBody, so that nothing is rounded",
};

/** The conformance suite's app on a version of Koa, with the prefix as an option or by koa-mount. */
export const startOn =
  (Application: typeof Koa, mountedBy: "option" | "koa-mount", listenBy: Listen = listen): StartHttpApp =>
  (metadata, { prefix, bodyParser: parsed }) => {
    const app = new Application();
    // Koa would print the failures that the cases cause.
    app.silent = true;
    if (parsed) app.use(bodyParser());
    if (mountedBy === "option") app.use(userMetadata(metadata, { prefix }).routes());
    else app.use(mount(prefix || "/", userMetadata(metadata).routes()));
    const router = new Router();
    router.post("/own", verifySession(metadata), (ctx) => {
      ctx.body = { userId: ctx.session.getUserId(), tenantId: ctx.session.getTenantId() };
    });
    router.get("/own-optional", verifySession(metadata, { required: false }), (ctx) => {
      ctx.body = { userId: ctx.session?.getUserId() ?? null };
    });
    router.get("/own-metadata", verifySession(metadata), async (ctx) => {
      const { version } = await metadata.getUserMetadata(ctx.session.getUserId());
      ctx.body = { version };
    });
    app.use(router.routes()).use((ctx) => {
      ctx.status = 404;
      ctx.body = "app 404";
    });
    return listenBy(app);
  };
