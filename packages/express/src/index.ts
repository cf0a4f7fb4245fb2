import type { IncomingMessage, ServerResponse } from "node:http";
import {
  checkEngine,
  errorOutcome,
  type MetadataHttp,
  type Outcome,
  type VerifySessionOptions,
} from "@usermeta/core";
import { attachSession, sendOutcome, toRequestView } from "@usermeta/node";

export { getSession } from "@usermeta/node";

/** A middleware of Express, and of any other framework that calls `(request, response, next)`. */
export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>;

/**
 * Answers the metadata routes below the path that it is mounted at. Other paths go on to the app. Refusals are answered
 * here; a failure of 500 and above goes to `next(error)`.
 *
 * @example
 * ```ts
 * import type { AddressInfo } from "node:net";
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { userMetadata } from "@usermeta/express";
 * import express from "express";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * const app = express();
 * app.use("/auth", userMetadata(metadata));
 *
 * const server = app.listen(3000, async () => {
 *   const { port } = server.address() as AddressInfo;
 *   const response = await fetch(`http://127.0.0.1:${port}/auth/metadata`);
 *   console.log(response.status); // 401
 *   server.close();
 * });
 * ```
 */
export const userMetadata = (metadata: MetadataHttp): Middleware => {
  checkEngine(metadata, "userMetadata");
  return async (request, response, next) => {
    const outcome = await metadata.handle(toRequestView(request));
    if (outcome) answer(response, outcome, next);
    else next();
  };
};

/**
 * Guards a route of the app's own: puts the session where `getSession(request)` finds it, or answers 401 or 403 itself.
 * `{ required: false }` lets a request without credentials through. The session is on `request.session` too, unless
 * another middleware, such as express-session, has put one there. The type of that property stays the other's.
 *
 * @example
 * ```ts
 * import type { AddressInfo } from "node:net";
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { getSession, verifySession } from "@usermeta/express";
 * import express from "express";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * const app = express();
 * app.get("/me", verifySession(metadata), (request, response) => {
 *   response.json({ userId: getSession(request).getUserId() });
 * });
 *
 * const server = app.listen(3000, async () => {
 *   const { port } = server.address() as AddressInfo;
 *   console.log((await fetch(`http://127.0.0.1:${port}/me`)).status); // 401
 *   server.close();
 * });
 * ```
 */
export const verifySession = (metadata: MetadataHttp, options: VerifySessionOptions = {}): Middleware => {
  checkEngine(metadata, "verifySession");
  return async (request, response, next) => {
    try {
      attachSession(request, await metadata.verifySession(toRequestView(request, { response }), options));
    } catch (error) {
      answer(response, errorOutcome(error), next);
      return;
    }
    next();
  };
};

const answer = (response: ServerResponse, outcome: Outcome, next: (error: unknown) => void): void => {
  if (outcome.error) next(outcome.error);
  else sendOutcome(response, outcome);
};
