import {
  checkEngine,
  errorOutcome,
  type MetadataHttp,
  type Outcome,
  type Session,
  type SessionRequired,
  type VerifySessionOptions,
} from "@usermeta/core";
import { attachSession, sendOutcome, toRequestView } from "@usermeta/node";
import type { NextApiHandler, NextApiRequest, NextApiResponse } from "next";
import { type MountOptions, mountHere } from "./mount-point.ts";

export { getSession } from "@usermeta/node";
export type { MountOptions } from "./mount-point.ts";

/** The options of `createPagesHandler`. */
export type PagesHandlerOptions = MountOptions<NextApiHandler>;

/**
 * The API route for `pages/api/[...usermeta].ts`. Refusals are answered; a failure of 500 and above is thrown, so
 * that Next logs it, calls `onRequestError` and answers 500.
 * @throws UserMetadataError at construction `options_invalid`
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { createPagesHandler } from "@usermeta/next/pages";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 *
 * // pages/api/[...usermeta].ts
 * export const config = { api: { bodyParser: false } };
 * export default createPagesHandler(metadata);
 * ```
 */
export const createPagesHandler = (
  metadata: MetadataHttp,
  { prefix, fallback = answer404 }: PagesHandlerOptions = {},
): NextApiHandler => {
  const handle = mountHere(metadata, prefix);
  return async (request, response) => {
    const outcome = await handle(toRequestView(request), request.query);
    if (outcome) answer(response, outcome);
    else await fallback(request, response);
  };
};

const answer404: NextApiHandler = (_request, response) => response.status(404).end();

/**
 * The same as `createPagesHandler`, by the name that every adapter has.
 * @alias
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { userMetadata } from "@usermeta/next/pages";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 *
 * // pages/api/[...auth].ts
 * export const config = { api: { bodyParser: false } };
 * export default userMetadata(metadata, { prefix: "/api" });
 * ```
 */
export const userMetadata: typeof createPagesHandler = createPagesHandler;

/** An API route that is given the session. */
export type SessionApiHandler<S extends Session | undefined> = (
  request: NextApiRequest,
  response: NextApiResponse,
  session: S,
) => unknown;

/** Makes a guard around API routes. */
export interface VerifySession {
  (
    metadata: MetadataHttp,
    options?: SessionRequired,
  ): (handler: SessionApiHandler<Session>) => NextApiHandler;
  (
    metadata: MetadataHttp,
    options: VerifySessionOptions,
  ): (handler: SessionApiHandler<Session | undefined>) => NextApiHandler;
}

/**
 * Guards an API route. Refusals are answered here, and the handler is not called; else it is called once, and what it
 * throws is thrown. The promise settles in every case. The session is on `request.session` too, unless something else
 * is there.
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { verifySession } from "@usermeta/next/pages";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 *
 * // pages/api/me.ts
 * export default verifySession(metadata)((_request, response, session) => {
 *   response.json({ userId: session.getUserId() });
 * });
 * ```
 */
export const verifySession: VerifySession = (metadata: MetadataHttp, options: VerifySessionOptions = {}) => {
  checkEngine(metadata, "verifySession");
  return (handler: SessionApiHandler<never>): NextApiHandler =>
    async (request, response) => {
      let session: Session | undefined;
      try {
        session = await metadata.verifySession(toRequestView(request, { response }), options);
      } catch (error) {
        answer(response, errorOutcome(error));
        return;
      }
      attachSession(request, session);
      await handler(request, response, session as never);
    };
};

const answer = (response: NextApiResponse, outcome: Outcome): void => {
  if (outcome.error) throw outcome.error;
  sendOutcome(response, outcome);
};
