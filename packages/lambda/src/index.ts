import {
  addHeaders,
  collectHeaders,
  errorOutcome,
  type MetadataHttp,
  mountAt,
  type Session,
  type SessionRequired,
  type VerifySessionOptions,
} from "@usermeta/core";
import { attachSession, type SessionCarrier } from "@usermeta/node";
import type { LambdaEvent, SessionEvent } from "./event.ts";
import { toRequestView } from "./request-view.ts";
import { type LambdaResult, NOT_FOUND, toResult, withHeaders } from "./result.ts";

export { getSession } from "@usermeta/node";
export type { LambdaEvent, LambdaEventV1, LambdaEventV2, SessionEvent } from "./event.ts";
export type { LambdaResult } from "./result.ts";

type Rest = readonly unknown[];
type Handler<E, A extends Rest, R> = (event: E, ...rest: A) => R | Promise<R>;

/** Where the routes are, and what is behind them. */
export interface UserMetadataOptions<E, A extends Rest, R> {
  /** What a path begins with before the routes: `/auth`, `/.netlify/functions/auth`; not the stage. @default "" */
  readonly prefix?: string;
  /** The app's own handler, for all other paths. @default a 404 */
  readonly next?: Handler<E, A, R>;
}

/**
 * A handler of the metadata routes: `export const handler = userMetadata(metadata)`. It answers an event in the event's
 * format, and rejects with a failure of 500 and above, for the Lambda runtime to report.
 */
export const userMetadata = <E extends LambdaEvent = LambdaEvent, A extends Rest = Rest, R = never>(
  metadata: MetadataHttp,
  { prefix = "", next }: UserMetadataOptions<E, A, R> = {},
): ((event: E, ...rest: A) => Promise<R | LambdaResult<E>>) => {
  const handle = mountAt(metadata, prefix);
  return async (event, ...rest) => {
    const outcome = await handle(toRequestView(event));
    return next && !outcome ? next(event, ...rest) : toResult(event, outcome ?? NOT_FOUND);
  };
};

/** Makes of a handler that wants a session one of the events that come. */
export type SessionGuard<S> = <E extends LambdaEvent = LambdaEvent, A extends Rest = Rest, R = never>(
  handler: Handler<SessionEvent<E, S>, A, R>,
) => (event: E, ...rest: A) => Promise<R | LambdaResult<E>>;

/** Makes a `SessionGuard`. */
export interface VerifySession {
  (metadata: MetadataHttp, options?: SessionRequired): SessionGuard<Session>;
  (metadata: MetadataHttp, options: VerifySessionOptions): SessionGuard<Session | undefined>;
}

/**
 * Guards a handler of the app's own: `verifySession(metadata)(handler)` calls it with the session in `event.session`,
 * or answers 401 or 403 itself. `{ required: false }` lets a request without credentials through.
 */
export const verifySession: VerifySession =
  (metadata: MetadataHttp, options: VerifySessionOptions = {}): SessionGuard<Session> =>
  (handler) =>
  async (event, ...rest) => {
    // A copy: the event is the caller's.
    const carrier: typeof event & SessionCarrier = { ...event };
    const response = collectHeaders();
    try {
      const session = await metadata.verifySession({ ...toRequestView(event), response }, options);
      attachSession(carrier, session);
    } catch (error) {
      return toResult(event, addHeaders(errorOutcome(error), response));
    }
    return withHeaders(event, await handler(carrier as SessionEvent<typeof event>, ...rest), response);
  };
