import {
  attachSession,
  errorOutcome,
  type MetadataHttp,
  mountAt,
  type Outcome,
  type Session,
  type SessionRequired,
  type VerifySessionOptions,
} from "@usermeta/core";
import { toRequestView } from "./request-view.ts";
import { toResponse, toResponseHeaders, withHeaders } from "./response.ts";

export { getSession } from "@usermeta/core";
export { toRequestView } from "./request-view.ts";
export { toResponse } from "./response.ts";

/** Where the routes are. */
export interface UserMetadataOptions {
  /** The path below which they are: `"/auth"` for `/auth/metadata`. @default "" the root */
  readonly prefix?: string;
}

/** Answers a request to one of the metadata routes; resolves to `undefined` for any other, which is the app's. */
export type FetchHandler = (request: Request) => Promise<Response | undefined>;

/**
 * A handler of the metadata routes. Refusals are answered here; a failure of 500 and above is thrown, for the
 * framework's own error handling.
 * @throws UserMetadataError at construction `options_invalid`; when called, failures of the store and the key set
 */
export const userMetadata = (metadata: MetadataHttp, options: UserMetadataOptions = {}): FetchHandler => {
  const handle = mountAt(metadata, options.prefix ?? "");
  return async (request) => {
    const outcome = await handle(toRequestView(request));
    return outcome && answer(outcome, request);
  };
};

/**
 * Calls the handler with the session of the request and resolves to what it makes; or, where the request is refused,
 * to the 401 or 403. The handler is called at most once, and what it throws is thrown. Headers that the session sends,
 * such as a refreshed token, are added to a `Response`; where the handler makes something else, it sends `headers`.
 */
export type SessionGuard<S extends Session | undefined> = <T>(
  request: Request,
  handler: (session: S, headers: Headers) => T | Promise<T>,
) => Promise<T | Response>;

/** Makes a `SessionGuard`. */
export interface VerifySession {
  (metadata: MetadataHttp, options?: SessionRequired): SessionGuard<Session>;
  (metadata: MetadataHttp, options: VerifySessionOptions): SessionGuard<Session | undefined>;
}

/**
 * Guards the app's own routes: `verifySession(metadata)(request, (session) => …)`. Around a framework's `next()` the
 * same call is its middleware. `{ required: false }` lets a request without credentials through.
 */
export const verifySession: VerifySession =
  (metadata: MetadataHttp, options: VerifySessionOptions = {}) =>
  async <T>(
    request: Request,
    handler: (session: never, headers: Headers) => T | Promise<T>,
  ): Promise<T | Response> => {
    const headers = new Headers();
    let session: Session | undefined;
    try {
      session = await metadata.verifySession(toRequestView(request, toResponseHeaders(headers)), options);
    } catch (error) {
      return withHeaders(answer(errorOutcome(error), request), headers);
    }
    attachSession(request, session);
    return withHeaders(await handler(session as never, headers), headers);
  };

const answer = (outcome: Outcome, { method }: Request): Response => {
  if (outcome.error) throw outcome.error;
  return toResponse(outcome, method);
};
