import { once } from "node:events";
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

/** An app on a port of its own. */
export const listen = async (app: Pick<Koa, "listen">): Promise<RunningApp> => {
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, close: () => server[Symbol.asyncDispose]() };
};

/** The conformance suite's app on a version of Koa, with the prefix as an option or by koa-mount. */
export const startOn =
  (Application: typeof Koa, mountedBy: "option" | "koa-mount"): StartHttpApp =>
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
    return listen(app);
  };
