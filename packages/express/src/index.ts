import type { IncomingMessage, ServerResponse } from "node:http";
import {
  errorOutcome,
  type MetadataHttp,
  type Outcome,
  type RequestSession,
  type VerifySessionOptions,
} from "@usermeta/core";
import { attachSession, sendOutcome, toRequestView } from "@usermeta/node";

export { getSession } from "@usermeta/node";

declare global {
  namespace Express {
    interface Request {
      /** The session that `verifySession` of usermeta found; `undefined` where it let an anonymous request through. */
      session?: RequestSession;
    }
  }
}

/** A middleware of Express, and of whatever else calls `(request, response, next)`. */
export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>;

/**
 * Answers the metadata routes below where it is mounted: `app.use("/auth", userMetadata(metadata))`. Other paths go
 * on to the app. Refusals are answered here; a failure of 500 and above goes to `next(error)`.
 */
export const userMetadata =
  (metadata: MetadataHttp): Middleware =>
  async (request, response, next) => {
    const outcome = await metadata.handle(toRequestView(request));
    if (outcome) answer(response, outcome, next);
    else next();
  };

/**
 * Guards a route of the app's own: puts the session on `request.session`, or answers 401 or 403 itself.
 * `{ required: false }` lets a request without credentials through.
 */
export const verifySession =
  (metadata: MetadataHttp, options: VerifySessionOptions = {}): Middleware =>
  async (request, response, next) => {
    try {
      attachSession(request, await metadata.verifySession(toRequestView(request, { response }), options));
    } catch (error) {
      answer(response, errorOutcome(error), next);
      return;
    }
    next();
  };

const answer = (response: ServerResponse, outcome: Outcome, next: (error: unknown) => void): void => {
  if (outcome.error) next(outcome.error);
  else sendOutcome(response, outcome);
};
