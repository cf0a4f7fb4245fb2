import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type ClerkClient, createClerkClient } from "@clerk/backend";
import { isClerkAPIResponseError } from "@clerk/shared/error";
import { createUserMetadata, type UserMetadataEngine } from "@usermeta/core";
import { type ClerkSessionsOptions, clerkDialect, clerkSessions } from "@usermeta/core/clerk";
import { getSession, userMetadata, verifySession } from "@usermeta/express";
import { sqliteStore } from "@usermeta/store-sqlite";
import express, { type ErrorRequestHandler, type Router } from "express";

/** What the example is built from: whose users are signed in, and these. */
export interface ExampleOptions extends ClerkSessionsOptions {
  /** The SQLite file, made if there is none. */
  readonly path: string;
  /** What the SDK sends, 16 characters or more. It need not be one of Clerk's. */
  readonly secretKey: string;
  /** The port to listen on, on this machine alone. @default 0 any free port */
  readonly port?: number;
}

/** The app, listening. */
export interface Example {
  readonly url: string;
  /** Stops it, waits for the writes under way and closes the SQLite file. */
  close(): Promise<void>;
}

/**
 * Builds the example: sign-in is Clerk's, the metadata is in our own database, and the app's code is what it was with
 * Clerk's own Backend API, but for `apiUrl`.
 * @throws UserMetadataError if an option is refused or the file cannot be opened
 */
export const buildApp = async (options: ExampleOptions): Promise<Example> => {
  const { path, secretKey, port = 0, ...clerk } = options;
  const metadata = createUserMetadata({
    store: sqliteStore({ path }),
    sessions: clerkSessions(clerk),
    adminKeys: [secretKey],
    dialects: [clerkDialect()],
  });
  const app = express();
  app.disable("x-powered-by");
  app.use("/clerk", userMetadata(metadata));
  const server = app.listen(port, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  app.use(ownRoutes(metadata, createClerkClient({ secretKey, apiUrl: `${url}/clerk` })));
  app.use(answerError);
  const close = async (): Promise<void> => {
    await server[Symbol.asyncDispose]();
    await metadata.close();
  };
  return { url, close };
};

const ROLES: readonly unknown[] = ["user", "admin"];

const ownRoutes = (metadata: UserMetadataEngine, { users }: ClerkClient): Router => {
  const router = express.Router().use(verifySession(metadata), express.json());

  // Public: the user sees it and cannot write it.
  router.post("/updateBirthday", async (request, response) => {
    const birthday: unknown = request.body?.birthday;
    if (!isDate(birthday)) {
      response.status(400).json({ message: 'Send {"birthday":"1990-05-17"}, a day of the calendar.' });
      return;
    }
    await users.updateUserMetadata(getSession(request).getUserId(), { publicMetadata: { birthday } });
    response.json({ success: true });
  });

  // Private: never sent to a browser. Whose it is the session says, and no body.
  router.post("/updateStripe", async (request, response) => {
    const userId = getSession(request).getUserId();
    const stripeId = (await findStripeId(users, userId)) ?? `cus_${randomUUID()}`; // stripe.customers.create() here
    await users.updateUserMetadata(userId, { privateMetadata: { stripeId } });
    response.json({ success: true });
  });
  router.get("/billing", async (request, response) => {
    const stripeId = await findStripeId(users, getSession(request).getUserId());
    response.json({ customer: stripeId !== undefined });
  });

  // What decides is asked of the server, not of the browser.
  router.post("/updateRole", async (request, response) => {
    const caller = await findUser(users, getSession(request).getUserId());
    if (caller?.publicMetadata.role !== "admin") {
      response.status(403).json({ message: "Only an admin gives roles." });
      return;
    }
    const { userId, role } = request.body ?? {};
    if (typeof userId !== "string" || !ROLES.includes(role)) {
      response.status(400).json({ message: 'Send {"userId":"user_…","role":"user"} or "admin".' });
      return;
    }
    await users.updateUserMetadata(userId, { publicMetadata: { role } });
    response.json({ success: true });
  });
  return router;
};

/** Nobody is there before the first write of metadata. */
const findUser = async (users: ClerkClient["users"], userId: string) =>
  users.getUser(userId).catch((error: unknown) => {
    if (isClerkAPIResponseError(error) && error.status === 404) return undefined;
    throw error;
  });

const findStripeId = async (users: ClerkClient["users"], userId: string): Promise<unknown> =>
  (await findUser(users, userId))?.privateMetadata.stripeId;

const isDate = (value: unknown): value is string => {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\d$/.test(value)) return false;
  const time = Date.parse(value);
  // 31 February parses as a day in March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
};

/** What the SDK was refused is often what the caller sent: a value that is too large, say. */
const answerError: ErrorRequestHandler = (error, _request, response, next) => {
  const status = isClerkAPIResponseError(error) ? error.status : 500;
  if (status === 413 || status === 422) response.status(status).json({ message: error.errors[0]?.message });
  else next(error);
};
