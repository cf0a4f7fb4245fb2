import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createUserMetadata, jwtSessions, tokenIssuer, type UserMetadataEngine } from "@usermeta/core";
import { getSession, userMetadata, verifySession } from "@usermeta/express";
import { sqliteStore } from "@usermeta/store-sqlite";
import { build } from "esbuild";
import express, { type CookieOptions, type Express } from "express";

/** What the example is built from. */
export interface ExampleOptions {
  /** The SQLite file, made if there is none. */
  readonly path: string;
  /** What server-to-server callers of `/users/:userId/metadata` send as their bearer token. */
  readonly adminKey: string;
}

/** The app, not yet listening. */
export interface Example {
  readonly app: Express;
  readonly metadata: UserMetadataEngine;
  /** Waits for the writes under way, then closes the SQLite file. */
  close(): Promise<void>;
}

/** The style that the small examples share. */
const STYLE = fileURLToPath(import.meta.resolve("@usermeta/example-style/style.css"));
const WHO = { issuer: "usermeta-example", audience: "usermeta-example" };
const COOKIE = "session";
// No script can read it, and no other site's page can have it sent with a write. Add `secure` where you have HTTPS.
const COOKIE_OPTIONS: CookieOptions = { httpOnly: true, sameSite: "lax" };

/** Builds the example: a page with two script tags, and the server behind it. */
export const buildApp = async ({ path, adminKey }: ExampleOptions): Promise<Example> => {
  // The issuer's key lives in memory: a restart ends all sessions. Pass `keys` to keep them.
  const issuer = tokenIssuer(WHO);
  const metadata = createUserMetadata({
    store: sqliteStore({ path }),
    sessions: jwtSessions({ ...WHO, keys: issuer.jwks, cookie: COOKIE }),
    adminKeys: [adminKey],
    issuer,
    claims: { template: { birthday: "{{public.birthday}}" } },
  });

  const app = express();
  app.disable("x-powered-by");
  app.use(userMetadata(metadata));

  // FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. The page uses the cookie, `curl` the token.
  app.post("/dev/sign-in", express.json(), async (request, response) => {
    // issueToken refuses what cannot be a user's id.
    const token = await metadata.issueToken(request.body?.userId);
    response.cookie(COOKIE, token, COOKIE_OPTIONS).set("cache-control", "no-store").json({ token });
  });
  app.post("/dev/sign-out", (_request, response) => {
    response.clearCookie(COOKIE, COOKIE_OPTIONS).status(204).end();
  });
  app.post("/dev/token", verifySession(metadata), async (request, response) => {
    const token = await metadata.issueToken(getSession(request).getUserId());
    response.cookie(COOKIE, token, COOKIE_OPTIONS).status(204).end();
  });

  // The user cannot write the public tier. This route can, after the app's own check.
  app.post("/birthday", verifySession(metadata), express.json(), async (request, response) => {
    const birthday = String(request.body?.birthday);
    if (!/^\d{4}-\d\d-\d\d$/.test(birthday)) {
      response.status(400).json({ detail: 'Send {"birthday":"1990-05-17"} as application/json.' });
      return;
    }
    await metadata.updateUserMetadata(getSession(request).getUserId(), { publicMetadata: { birthday } });
    response.json({ message: "successfully updated user metadata" });
  });
  app.get("/card", verifySession(metadata, { fresh: true }), (request, response) => {
    const { sub, birthday } = getSession(request).getAccessTokenPayload();
    response.json({ userId: sub, birthday });
  });

  const script = await buildScript();
  app.use((_request, response, next) => {
    response.set(
      "content-security-policy",
      "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    );
    response.set("x-content-type-options", "nosniff");
    next();
  });
  app.get("/usermeta.js", (_request, response) => void response.type("js").send(script));
  app.get("/style.css", (_request, response) => response.sendFile(STYLE));
  app.use(express.static(join(import.meta.dirname, "public")));
  return { app, metadata, close: () => metadata.close() };
};

/** Installed from the registry, the package brings this file as `dist/usermeta.js`; in this workspace it is source. */
const buildScript = async (): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(import.meta.resolve("@usermeta/client"))],
    bundle: true,
    minify: true,
    format: "iife",
    globalName: "usermeta",
    target: "es2023",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
};
