import { extname } from "node:path";
import { createUserMetadata, jwtSessions, tokenIssuer } from "@usermeta/core";
import { getSession, userMetadata, verifySession } from "@usermeta/express";
import { sqliteStore } from "@usermeta/store-sqlite";
import express, { type Express, type RequestHandler } from "express";
import { build } from "vite";
import { schemas } from "./schemas.ts";

/** What the example is built from. */
export interface ExampleOptions {
  /** The SQLite file, made if there is none. */
  readonly path: string;
  /** What server-to-server callers of `/users/:userId/metadata` send as their bearer token. */
  readonly adminKey: string;
}

const WHO = { issuer: "usermeta-example", audience: "usermeta-example" };

const createEngine = ({ path, adminKey }: ExampleOptions) => {
  // The issuer's key lives in memory: a restart ends all sessions. Pass `keys` to keep them.
  const issuer = tokenIssuer(WHO);
  return createUserMetadata({
    store: sqliteStore({ path }),
    sessions: jwtSessions({ ...WHO, keys: issuer.jwks }),
    adminKeys: [adminKey],
    issuer,
    schemas,
    claims: { template: { birthday: "{{public.birthday}}" } },
  });
};

/** The app, not yet listening. */
export interface Example {
  readonly app: Express;
  readonly metadata: ReturnType<typeof createEngine>;
  /** Waits for the writes under way, then closes the SQLite file. */
  close(): Promise<void>;
}

/** Builds the example: its page, and the server behind it. */
export const buildApp = async (options: ExampleOptions): Promise<Example> => {
  const metadata = createEngine(options);
  const app = express();
  app.disable("x-powered-by");
  app.use(userMetadata(metadata));

  // FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. Your sign-in checks a password or a passkey first.
  app.post("/dev/sign-in", express.json(), async (request, response) => {
    // issueToken refuses what cannot be a user's id.
    const token = await metadata.issueToken(request.body?.userId);
    response.set("cache-control", "no-store").json({ token });
  });

  // A fresh token for an older one. Yours may ask for a refresh token.
  app.post("/dev/token", verifySession(metadata), async (request, response) => {
    const token = await metadata.issueToken(getSession(request).getUserId());
    response.set("cache-control", "no-store").json({ token });
  });

  // The user cannot write the public tier. This route can, after the app's own check.
  app.post("/birthday", verifySession(metadata), express.json(), async (request, response) => {
    const publicMetadata = schemas.public.required().parse(request.body);
    await metadata.updateUserMetadata(getSession(request).getUserId(), { publicMetadata });
    response.json({ message: "successfully updated user metadata" });
  });

  // Trusts what the token says, so the token must be of the metadata as it is now.
  app.get("/card", verifySession(metadata, { fresh: true }), (request, response) => {
    const { sub, birthday } = getSession(request).getAccessTokenPayload();
    response.json({ userId: sub, birthday });
  });

  app.use(await buildPage());
  return { app, metadata, close: () => metadata.close() };
};

/** The page as `vite build` makes it, kept in memory. */
const buildPage = async (): Promise<RequestHandler> => {
  const built = await build({ root: import.meta.dirname, logLevel: "error", build: { write: false } });
  const files = new Map<string, string | Uint8Array>();
  for (const each of [built].flat()) {
    if (!("output" in each)) continue;
    for (const file of each.output) files.set(file.fileName, file.type === "chunk" ? file.code : file.source);
  }
  return ({ path }, response, next) => {
    const name = path === "/" ? "index.html" : path.slice(1);
    const file = files.get(name);
    if (file === undefined) return next();
    response.set(
      "content-security-policy",
      "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'",
    );
    response.set("x-content-type-options", "nosniff");
    response.type(extname(name)).send(typeof file === "string" ? file : Buffer.from(file));
  };
};
