import Router from "@koa/router";
import { createUserMetadata, jwtSessions, tokenIssuer, type UserMetadataEngine } from "@usermeta/core";
import { getSession, userMetadata, verifySession } from "@usermeta/koa";
import { sqliteStore } from "@usermeta/store-sqlite";
import parse from "co-body";
import Koa from "koa";

/** What the example is built from. */
export interface ExampleOptions {
  /** The SQLite file, made if there is none. */
  readonly path: string;
  /** What server-to-server callers of `/users/:userId/metadata` send as their bearer token. */
  readonly adminKey: string;
}

/** The app, not yet listening. */
export interface Example {
  readonly app: Koa;
  /** Waits for the writes under way, then closes the SQLite file. */
  close(): Promise<void>;
}

const ISSUER = { issuer: "usermeta-example", audience: "usermeta-example" };

/** Builds the example. @throws UserMetadataError if an option is refused or the file cannot be opened */
export const buildApp = ({ path, adminKey }: ExampleOptions): Example => {
  // The issuer's key lives in memory: a restart ends all sessions. Pass `keys` to keep them.
  const issuer = tokenIssuer(ISSUER);
  const metadata = createUserMetadata({
    store: sqliteStore({ path }),
    sessions: jwtSessions({ ...ISSUER, keys: issuer.jwks }),
    adminKeys: [adminKey],
    issuer,
  });
  const app = new Koa();
  app.use(userMetadata(metadata).routes());
  app.use(ownRoutes(metadata).routes());
  return { app, close: () => metadata.close() };
};

const ownRoutes = (metadata: UserMetadataEngine): Router => {
  const router = new Router();

  // FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. Your sign-in checks a password or a passkey first.
  router.post("/dev/sign-in", async (ctx) => {
    const { userId }: { userId?: unknown } = await parse.json(ctx);
    if (typeof userId !== "string") return ctx.throw(400, 'Send {"userId":"jane"} as application/json.');
    ctx.set("cache-control", "no-store");
    // issueToken refuses a string that cannot be a user's id, with a status that Koa answers.
    ctx.body = { token: await metadata.issueToken(userId) };
  });

  // The user cannot write the public tier. This route can, after the app's own check.
  router.post("/birthday", verifySession(metadata), async (ctx) => {
    const { birthday }: { birthday?: unknown } = await parse.json(ctx);
    if (!isDate(birthday)) return ctx.throw(400, 'Send {"birthday":"1990-05-17"} as application/json.');
    await metadata.updateUserMetadata(getSession(ctx).getUserId(), { publicMetadata: { birthday } });
    ctx.body = { message: "successfully updated user metadata" };
  });

  return router;
};

const isDate = (value: unknown): value is string => {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  // 31 February parses as a day in March.
  return !Number.isNaN(time) && new Date(time).toISOString() === `${value}T00:00:00.000Z`;
};
