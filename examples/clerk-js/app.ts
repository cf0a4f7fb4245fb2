import { fileURLToPath } from "node:url";
import { createUserMetadata, jwtSessions, tokenIssuer, type UserMetadataEngine } from "@usermeta/core";
import { clerkDialect } from "@usermeta/core/clerk";
import { userMetadata } from "@usermeta/express";
import { sqliteStore } from "@usermeta/store-sqlite";
import express, { type CookieOptions, type Express } from "express";
import { servePages } from "./serve-pages.ts";

/** What the example is built from. */
export interface ExampleOptions {
  /** The SQLite file, made if there is none. */
  readonly path: string;
  /** What servers send to Clerk's Backend API below `/clerk`, as the SDK's `secretKey`. */
  readonly adminKey: string;
}

/** The app, not yet listening. */
export interface Example {
  readonly app: Express;
  readonly metadata: UserMetadataEngine;
  /** Waits for the writes under way, then closes the SQLite file. */
  close(): Promise<void>;
}

const ISSUER = "usermeta-example";
const COOKIE = "session";
const WEEK_SECONDS = 7 * 24 * 3600;
// No script can read it, and no other site's page can have it sent with a write. Add `secure` where you have HTTPS.
const COOKIE_OPTIONS: CookieOptions = { httpOnly: true, sameSite: "lax", path: "/" };

/** Builds the example: Clerk's front end, unmodified, over our own database and sign-in. */
export const buildApp = async ({ path, adminKey }: ExampleOptions): Promise<Example> => {
  // The keys live in memory: a restart ends all sessions. Pass `keys` to keep them.
  const tokens = tokenIssuer({ issuer: ISSUER, audience: "app", algorithm: "RS256", lifetimeSeconds: 60 });
  // Another audience than that of the tokens: with a token nobody gets another token.
  const cookies = tokenIssuer({ issuer: ISSUER, audience: "session", lifetimeSeconds: WEEK_SECONDS });
  const metadata = createUserMetadata({
    store: sqliteStore({ path }),
    sessions: [
      jwtSessions({ issuer: ISSUER, audience: "session", keys: cookies.jwks, cookie: COOKIE }),
      jwtSessions({ issuer: ISSUER, audience: "app", keys: tokens.jwks }),
    ],
    adminKeys: [adminKey],
    issuer: tokens,
    claims: { template: { birthday: "{{unsafe.birthday}}" } },
    // An app that keeps its sessions in a table ends the row of session.getHandle() here.
    dialects: [clerkDialect({ signOut: () => `${COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax` })],
  });

  const app = express();
  app.disable("x-powered-by");
  app.use("/clerk", userMetadata(metadata));

  // FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. Your sign-in checks a password or a passkey first.
  app.post("/dev/sign-in", express.json(), async (request, response) => {
    const userId = String(request.body?.userId);
    response.cookie(COOKIE, await cookies.sign(userId), { ...COOKIE_OPTIONS, maxAge: WEEK_SECONDS * 1000 });
    response.set("cache-control", "no-store").status(204).end();
  });

  app.get("/style.css", (_request, response) =>
    response.sendFile(fileURLToPath(import.meta.resolve("@usermeta/example-style/style.css"))),
  );
  app.use(await servePages());
  return { app, metadata, close: () => metadata.close() };
};
