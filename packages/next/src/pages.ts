import {
  checkEngine,
  errorOutcome,
  type MetadataHttp,
  type Session,
  type SessionRequired,
  type VerifySessionOptions,
} from "@usermeta/core";
import {
  answerable,
  answerToThrown,
  attachSession,
  sendOutcome,
  toRequestView,
  type UnavailableOptions,
} from "@usermeta/node";
import type { NextApiHandler, NextApiRequest, NextApiResponse } from "next";
import { type MountOptions, mountHere } from "./mount-point.ts";

export type { UnavailableOptions } from "@usermeta/node";
export { getSession } from "@usermeta/node";
export type { MountOptions } from "./mount-point.ts";

/** The options of `createPagesHandler`. */
export type PagesHandlerOptions = MountOptions<NextApiHandler> & UnavailableOptions;

/**
 * The API route for `pages/api/[...usermeta].ts`. Refusals are answered, and so is a 503, of which `onUnavailable` is
 * told. Any other failure of 500 and above is thrown: Next logs it, calls `onRequestError` and answers 500.
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
  { prefix, fallback = answer404, ...options }: PagesHandlerOptions = {},
): NextApiHandler => {
  const handle = mountHere(metadata, prefix);
  return async (request, response) => {
    const outcome = await handle(toRequestView(request), request.query);
    if (outcome) sendOutcome(response, answerable(outcome, options));
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
    options?: SessionRequired & UnavailableOptions,
  ): (handler: SessionApiHandler<Session>) => NextApiHandler;
  (
    metadata: MetadataHttp,
    options: VerifySessionOptions & UnavailableOptions,
  ): (handler: SessionApiHandler<Session | undefined>) => NextApiHandler;
}

/**
 * Guards an API route. Refusals are answered here, and the handler is not called; else it is called once. A 503 of ours
 * that it throws before it has answered is answered, and `onUnavailable` is told; anything else that it throws is
 * thrown. The promise settles in every case. The session is on `request.session` too, unless something else is there.
 * @throws UserMetadataError any other failure of 500 and above
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
export const verifySession: VerifySession = (
  metadata: MetadataHttp,
  options: VerifySessionOptions & UnavailableOptions = {},
) => {
  checkEngine(metadata, "verifySession");
  return (handler: SessionApiHandler<never>): NextApiHandler =>
    async (request, response) => {
      let session: Session | undefined;
      try {
        session = await metadata.verifySession(toRequestView(request, { response }), options);
      } catch (error) {
        sendOutcome(response, answerable(errorOutcome(error), options));
        return;
      }
      attachSession(request, session);
      try {
        await handler(request, response, session as never);
      } catch (thrown) {
        if (response.headersSent) throw thrown;
        sendOutcome(response, answerToThrown(thrown, options));
      }
    };
};
