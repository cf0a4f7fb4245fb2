import {
  addHeaders,
  checkEngine,
  collectHeaders,
  errorOutcome,
  type MetadataHttp,
  mountAt,
  type Outcome,
  type Session,
  type SessionRequired,
  UserMetadataError,
  type VerifySessionOptions,
} from "@usermeta/core";
import { attachSession, type UnavailableOptions } from "@usermeta/node";
import type { LambdaEvent, SessionEvent } from "./event.ts";
import { toRequestView } from "./request-view.ts";
import { type LambdaResult, NOT_FOUND, toResult, withHeaders } from "./result.ts";

export type { UnavailableOptions } from "@usermeta/node";
export { getSession } from "@usermeta/node";
export type { LambdaEvent, LambdaEventV1, LambdaEventV2, SessionEvent } from "./event.ts";
export type { LambdaResult } from "./result.ts";

type Rest = readonly unknown[];
type Handler<E, A extends Rest, R> = (event: E, ...rest: A) => R | Promise<R>;

/** The options of `userMetadata`. */
export interface UserMetadataOptions<E, A extends Rest, R> extends UnavailableOptions {
  /**
   * The path before every route: `/auth`, `/.netlify/functions/auth`; without the stage. Several, such as
   * `["/auth", "/v1/auth"]`, if a REST API is called by its own address and by a custom domain with the base path `v1`.
   * @default ""
   */
  readonly prefix?: string | readonly string[] | undefined;
  /** The app's own handler, for all other paths. @default a 404 */
  readonly next?: Handler<E, A, R> | undefined;
}

/**
 * Makes a handler of the metadata routes. It answers an event in the event's format. A 503 is answered too, and
 * `onUnavailable` is told; the handler rejects with any other failure of 500 and above, for the Lambda runtime to report.
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { userMetadata } from "@usermeta/lambda";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * export const handler = userMetadata(metadata, { prefix: "/auth" });
 *
 * const event = { httpMethod: "GET", path: "/auth/metadata", headers: {}, isBase64Encoded: false };
 * console.log((await handler(event)).statusCode); // 401
 * ```
 */
export const userMetadata = <E extends LambdaEvent = LambdaEvent, A extends Rest = Rest, R = never>(
  metadata: MetadataHttp,
  { prefix = "", next, ...options }: UserMetadataOptions<E, A, R> = {},
): ((event: E, ...rest: A) => Promise<R | LambdaResult<E>>) => {
  const mounts = [prefix].flat().map((each) => mountAt(metadata, each));
  return async (event, ...rest) => {
    const request = toRequestView(event);
    let outcome: Outcome | undefined;
    for (const handle of mounts) outcome ??= await handle(request);
    return next && !outcome ? next(event, ...rest) : toResult(event, outcome ?? NOT_FOUND, options);
  };
};

/** Turns a handler of events with a session into a handler of the events that the gateway sends. */
export type SessionGuard<S> = <E extends LambdaEvent = LambdaEvent, A extends Rest = Rest, R = never>(
  handler: Handler<SessionEvent<E, S>, A, R>,
) => (event: E, ...rest: A) => Promise<R | LambdaResult<E>>;

/** The options of `verifySession`. */
export type GuardOptions = VerifySessionOptions & UnavailableOptions;

/** Makes a `SessionGuard`. */
export interface VerifySession {
  (metadata: MetadataHttp, options?: SessionRequired & GuardOptions): SessionGuard<Session>;
  (metadata: MetadataHttp, options: GuardOptions): SessionGuard<Session | undefined>;
}

/**
 * Guards a handler of the app's own: `verifySession(metadata)(handler)` calls it with the session in `event.session`,
 * or answers 401 or 403 itself. A 503 of ours that the handler throws is answered, and `onUnavailable` is told; anything
 * else that it throws is thrown. `{ required: false }` lets a request without credentials through.
 * @throws UserMetadataError any other failure of 500 and above
 *
 * @example
 * ```ts
 * import { createUserMetadata, jwtSessions, memoryStore, tokenIssuer } from "@usermeta/core";
 * import { verifySession } from "@usermeta/lambda";
 *
 * const who = { issuer: "https://my-app.example", audience: "my-app" };
 * const issuer = tokenIssuer(who);
 * const sessions = jwtSessions({ ...who, keys: issuer.jwks });
 * const metadata = createUserMetadata({ store: memoryStore(), issuer, sessions });
 *
 * export const handler = verifySession(metadata)(async ({ session }) => ({
 *   statusCode: 200,
 *   body: session.getUserId(),
 * }));
 *
 * const headers = { authorization: `Bearer ${await metadata.issueToken("jane")}` };
 * const event = { httpMethod: "GET", path: "/me", headers, isBase64Encoded: false };
 * console.log((await handler(event)).body); // jane
 * ```
 */
export const verifySession: VerifySession = (
  metadata: MetadataHttp,
  options: GuardOptions = {},
): SessionGuard<Session> => {
  checkEngine(metadata, "verifySession");
  return (handler) =>
    async (event, ...rest) => {
      // A copy, because the event belongs to the caller.
      const carrier = { ...event };
      const response = collectHeaders();
      const answer = (error: unknown) => toResult(event, addHeaders(errorOutcome(error), response), options);
      try {
        const session = await metadata.verifySession({ ...toRequestView(event), response }, options);
        attachSession(carrier, session);
      } catch (error) {
        return answer(error);
      }
      try {
        return withHeaders(event, await handler(carrier as SessionEvent<typeof event>, ...rest), response);
      } catch (thrown) {
        if (UserMetadataError.is(thrown) && thrown.status === 503) return answer(thrown);
        throw thrown;
      }
    };
};
