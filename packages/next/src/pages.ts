import {
  errorOutcome,
  type MetadataHttp,
  type Outcome,
  type Session,
  type SessionRequired,
  type VerifySessionOptions,
} from "@usermeta/core";
import { attachSession, sendOutcome, toRequestView } from "@usermeta/node";
import type { NextApiHandler, NextApiRequest, NextApiResponse } from "next";
import { mountHere } from "./mount-point.ts";

export { getSession } from "@usermeta/node";

/** Where the routes are, and what answers beside them. */
export interface PagesHandlerOptions {
  /** The path below which they are. @default known from the file's name, where that is `[...usermeta].ts` */
  readonly prefix?: string;
  /** Answers a path that is none of ours: Next asks no other route after this one. @default an empty 404 */
  readonly fallback?: NextApiHandler;
}

/**
 * The API route for `pages/api/[...usermeta].ts`. Refusals are answered; a failure of 500 and above is thrown, so
 * that Next logs it, tells `onRequestError` and answers 500.
 * @throws UserMetadataError at construction `options_invalid`
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
 * Guards an API route: `export default verifySession(metadata)((request, response, session) => …)`. Refusals are
 * answered here and the handler is not called; it is called once, and what it throws is thrown. The promise settles
 * in every case. The session is on `request.session` too, where nothing else is there.
 */
export const verifySession: VerifySession =
  (metadata: MetadataHttp, options: VerifySessionOptions = {}) =>
  (handler: SessionApiHandler<never>): NextApiHandler =>
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

const answer = (response: NextApiResponse, outcome: Outcome): void => {
  if (outcome.error) throw outcome.error;
  sendOutcome(response, outcome);
};
