import {
  createUserMetadata,
  errorOutcome,
  jwtSessions,
  type Session,
  tokenIssuer,
  type UserMetadataEngine,
} from "@usermeta/core";
import { toResponse, userMetadata, verifySession } from "@usermeta/fetch";
import { sqliteStore } from "@usermeta/store-sqlite";
import { type Context, Hono, type MiddlewareHandler } from "hono";

/** What the example is built from. */
export interface ExampleOptions {
  /** The SQLite file, made if there is none. */
  readonly path: string;
  /** What server-to-server callers of `/users/:userId/metadata` send as their bearer token. */
  readonly adminKey: string;
}

interface Env {
  Variables: { session: Session };
}

/** The app, not yet listening: `app.fetch` answers a `Request`, on Node, Bun, Deno and workers. */
export interface Example {
  readonly app: Hono<Env>;
  readonly metadata: UserMetadataEngine;
  /** Waits for the writes under way, then closes the SQLite file. */
  close(): Promise<void>;
}

const ISSUER = { issuer: "usermeta-example", audience: "usermeta-example" };

/**
 * Builds the example.
 * @throws UserMetadataError if an option is refused or the file cannot be opened
 */
export const buildApp = ({ path, adminKey }: ExampleOptions): Example => {
  const issuer = tokenIssuer(ISSUER);
  const metadata = createUserMetadata({
    store: sqliteStore({ path }),
    sessions: jwtSessions({ ...ISSUER, keys: issuer.jwks }),
    adminKeys: [adminKey],
    issuer,
  });
  const handle = userMetadata(metadata);
  const guard = verifySession(metadata);
  const session: MiddlewareHandler<Env> = (c, next) =>
    guard(c.req.raw, (found) => {
      c.set("session", found);
      return next();
    });

  const app = new Hono<Env>();
  app.use(async (c, next) => (await handle(c.req.raw)) ?? next());

  // FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. Your sign-in checks a password or a passkey first.
  app.post("/dev/sign-in", async (c) => {
    const { userId } = await readJson(c);
    if (typeof userId !== "string") return c.json({ detail: 'Send {"userId":"jane"}.' }, 400);
    return c.json({ token: await metadata.issueToken(userId) });
  });

  // The user cannot write the public tier. This route can, after the app's own check.
  app.post("/birthday", session, async (c) => {
    const { birthday } = await readJson(c);
    if (typeof birthday !== "string" || !/^\d{4}-\d\d-\d\d$/.test(birthday)) {
      return c.json({ detail: 'Send {"birthday":"1990-05-17"}.' }, 400);
    }
    await metadata.updateUserMetadata(c.var.session.getUserId(), { publicMetadata: { birthday } });
    return c.json({ message: "successfully updated user metadata" });
  });

  app.onError((error, c) => {
    const outcome = errorOutcome(error);
    if (outcome.error) console.error(outcome.error);
    return toResponse(outcome, c.req.method);
  });
  return { app, metadata, close: () => metadata.close() };
};

const readJson = async (c: Context): Promise<Record<string, unknown>> =>
  (await c.req.json().catch(() => null)) ?? {};
