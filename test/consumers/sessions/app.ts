/** An app whose sessions are of other plugins, and which uses ours beside. Compiled with both orders of imports. */

import type { MiddlewareContext } from "@loopback/rest";
import type { MetadataHttp, Session } from "@usermeta/core";
import * as onExpress from "@usermeta/express";
import * as onFastify from "@usermeta/fastify";
import * as onKoa from "@usermeta/koa";
import * as onLoopBack from "@usermeta/loopback";
import express, { type Request } from "express";
import { fastify } from "fastify";
import Koa from "koa";

declare module "express-session" {
  interface SessionData {
    views: number;
  }
}
declare module "fastify" {
  interface Session {
    views: number;
  }
}
declare const metadata: MetadataHttp;

express().get("/", onExpress.verifySession(metadata), (request, response) => {
  request.session.views = (request.session.views ?? 0) + 1;
  request.session.destroy(() => {});
  const session: Session = onExpress.getSession(request);
  const found: Session | undefined = onExpress.getSession(request, { required: false });
  // @ts-expect-error It may be undefined there.
  response.json([session.getUserId(), found.getUserId()]);
});

const app = fastify();
app.register(onFastify.userMetadata, { metadata });
app.get("/", { onRequest: onFastify.verifySession(metadata) }, async (request) => {
  request.session.views += 1;
  await request.session.destroy();
  return onFastify.getSession(request).getUserId();
});

new Koa().use(onKoa.verifySession(metadata)).use((ctx) => {
  ctx.body = onKoa.getSession(ctx).getUserId();
});
new Koa().use((ctx) => {
  ctx.body = ctx.session?.isNew;
});

export const inLoopBack = (context: MiddlewareContext, request: Request): string => {
  context.request.session.views = request.session.views ?? 0;
  return onLoopBack.getSession(context).getUserId();
};
