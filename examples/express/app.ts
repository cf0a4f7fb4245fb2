import { STATUS_CODES } from "node:http";
import { join } from "node:path";
import {
  createUserMetadata,
  errorOutcome,
  jwtSessions,
  tokenIssuer,
  type UserMetadataEngine,
} from "@usermeta/core";
import { getSession, userMetadata, verifySession } from "@usermeta/express";
import { sendOutcome } from "@usermeta/node";
import { postgresStore } from "@usermeta/store-postgres";
import { sqliteStore } from "@usermeta/store-sqlite";
import express, { type ErrorRequestHandler, type Express, type Response, type Router } from "express";

/** What the example is built from. */
export interface ExampleOptions {
  /** The SQLite file, made if there is none. */
  readonly path: string;
  /** Where to keep metadata in PostgreSQL instead, as in `postgres://user:password@host/database`. */
  readonly databaseUrl?: string | undefined;
  /** What server-to-server callers of `/users/:userId/metadata` send as their bearer token. */
  readonly adminKey: string;
}

/** The app, not yet listening. */
export interface Example {
  readonly app: Express;
  readonly metadata: UserMetadataEngine;
  /** Waits for the writes under way, then closes the SQLite file or the connections. */
  close(): Promise<void>;
}

const ISSUER = { issuer: "usermeta-example", audience: "usermeta-example" };

/**
 * Builds the example.
 * @throws UserMetadataError if an option is refused or the file cannot be opened
 */
export const buildApp = ({ path, databaseUrl, adminKey }: ExampleOptions): Example => {
  // The issuer's key lives in memory: a restart ends all sessions. Pass `keys` to keep them.
  const issuer = tokenIssuer(ISSUER);
  const metadata = createUserMetadata({
    store: databaseUrl
      ? postgresStore({ connectionString: databaseUrl, search: ["public"] })
      : sqliteStore({ path, search: ["public.birthday"] }),
    sessions: jwtSessions({ ...ISSUER, keys: issuer.jwks }),
    adminKeys: { example: adminKey },
    history: {},
    issuer,
  });

  const app = express();
  app.disable("x-powered-by");
  app.use(userMetadata(metadata));
  app.use(developmentSignIn(metadata));

  // The user cannot write the public tier. This route can, after the app's own check.
  app.post("/birthday", verifySession(metadata), express.json(), async (request, response) => {
    const birthday: unknown = request.body?.birthday;
    if (!isDate(birthday)) {
      sendProblem(
        response,
        400,
        'Send {"birthday":"1990-05-17"} as application/json: a day of the calendar.',
      );
      return;
    }
    await metadata.updateUserMetadata(
      getSession(request).getUserId(),
      {
        publicMetadata: { birthday },
        // The whole list: name here all keys that shall be in the user's tokens.
        claims: ["birthday"],
      },
      { by: "POST /birthday" },
    );
    response.json({ message: "successfully updated user metadata" });
  });

  app.use(express.static(join(import.meta.dirname, "public"), { setHeaders: setPageHeaders }));
  app.use(answerError);
  return { app, metadata, close: () => metadata.close() };
};

/** FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. Your sign-in checks a password or a passkey first. */
const developmentSignIn = (metadata: UserMetadataEngine): Router => {
  const router = express.Router();
  router.post("/dev/sign-in", express.json(), async (request, response) => {
    const userId: unknown = request.body?.userId;
    if (typeof userId !== "string") {
      sendProblem(response, 400, 'Send {"userId":"jane"} as application/json.');
      return;
    }
    // issueToken refuses a string that cannot be a user's id.
    response.set("cache-control", "no-store").json({ token: await metadata.issueToken(userId) });
  });
  return router;
};

const isDate = (value: unknown): value is string => {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\d$/.test(value)) return false;
  const time = Date.parse(value);
  // 31 February parses as a day in March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
};

const setPageHeaders = (response: Response): void => {
  response.setHeader(
    "content-security-policy",
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
  );
  response.setHeader("x-content-type-options", "nosniff");
};

const sendProblem = (response: Response, status: number, detail: string): void => {
  response.status(status).type("application/problem+json");
  response.send(JSON.stringify({ title: STATUS_CODES[status], status, detail }));
};

const answerError: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  if (isRefusedBody(error)) {
    sendProblem(response, error.status, error.message);
    return;
  }
  const outcome = errorOutcome(error);
  if (outcome.error) console.error(outcome.error);
  sendOutcome(response, outcome);
};

/** What `express.json()` throws has a `type`, such as "entity.parse.failed". */
const isRefusedBody = (error: unknown): error is { status: number; message: string } =>
  error instanceof Error && "type" in error && "expose" in error && error.expose === true;
