import Router from "@koa/router";
import type { UserMetadataEngine } from "@usermeta/core";
import {
  CHECKED,
  type ExampleOptions,
  initSuperTokens,
  toUser,
  updateInfo,
} from "@usermeta/example-supertokens";
import { userMetadata } from "@usermeta/koa";
import parse from "co-body";
import Koa from "koa";
import { middleware, type SessionContext } from "supertokens-node/framework/koa";
import Session from "supertokens-node/recipe/session";
import { verifySession } from "supertokens-node/recipe/session/framework/koa";

/** The app, not yet listening. */
export interface Example {
  readonly app: Koa;
  readonly metadata: UserMetadataEngine;
}

/** Builds the example. @throws UserMetadataError if the file cannot be opened */
export const buildApp = (options: ExampleOptions): Example => {
  const metadata = initSuperTokens("koa", options);
  const app = new Koa();
  app.use(middleware());
  app.use(userMetadata(metadata, { prefix: "/usermeta" }).routes());
  app.use(ownRoutes().routes());
  return { app, metadata };
};

const ownRoutes = (): Router => {
  const router = new Router();

  // FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. SuperTokens' recipes have sign-ins that ask for proof.
  router.post("/dev/sign-in", async (ctx) => {
    const { userId }: { userId?: unknown } = await parse.json(ctx);
    const session = await Session.createNewSession(ctx, ctx, "public", toUser(userId));
    ctx.body = { userId: session.getUserId() };
  });

  router.post("/updateinfo", verifySession(CHECKED), async (ctx: SessionContext) => {
    ctx.body = await updateInfo(ctx.session?.getUserId() ?? "");
  });
  router.options("/updateinfo", (ctx) => {
    ctx.status = 204;
  });

  return router;
};
