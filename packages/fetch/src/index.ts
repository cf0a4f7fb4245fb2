import {
  attachSession,
  checkEngine,
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

/** The options of `userMetadata`. */
export interface UserMetadataOptions {
  /** The path before every route: `"/auth"` for `/auth/metadata`. @default "" the root */
  readonly prefix?: string | undefined;
}

/** Answers a request to one of the metadata routes; resolves to `undefined` for any other, which the app answers. */
export type FetchHandler = (request: Request) => Promise<Response | undefined>;

/**
 * Makes a handler of the metadata routes. The handler answers refusals; it throws a failure of 500 and above, for the
 * framework's own error handling.
 * @throws UserMetadataError at construction `options_invalid`; when called, failures of the store and the key set
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { userMetadata } from "@usermeta/fetch";
 * import { Hono } from "hono";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * const handle = userMetadata(metadata, { prefix: "/auth" });
 * const app = new Hono();
 * app.use(async (c, next) => (await handle(c.req.raw)) ?? next());
 *
 * const response = await app.request("/auth/metadata");
 * console.log(response.status); // 401
 * ```
 */
export const userMetadata = (metadata: MetadataHttp, options: UserMetadataOptions = {}): FetchHandler => {
  const handle = mountAt(metadata, options.prefix ?? "");
  return async (request) =>
    handle(toRequestView(request)).then((outcome) => outcome && answer(outcome, request));
};

/**
 * Calls the handler with the session of the request and resolves to the handler's result; if the request is refused,
 * to the 401 or 403. The handler is called at most once, and what it throws is thrown. Headers that the session sends,
 * such as a refreshed token, are added to a `Response`. A handler that returns something else sends `headers` itself.
 */
export type SessionGuard<S extends Session | undefined> = <T>(
  request: Request,
  handler: (session: S, headers: Headers) => T | Promise<T>,
) => Promise<T | Response>;

/** Makes a `SessionGuard`; `More` are the options that a framework has beside. */
export interface VerifySession<More = unknown> {
  (metadata: MetadataHttp, options?: SessionRequired & More): SessionGuard<Session>;
  (metadata: MetadataHttp, options: VerifySessionOptions & More): SessionGuard<Session | undefined>;
}

/**
 * Guards the app's own routes: `verifySession(metadata)(request, (session) => …)`. With a handler that calls the
 * framework's `next()`, it is a middleware. `{ required: false }` lets a request without credentials through.
 *
 * @example
 * ```ts
 * import { createUserMetadata, jwtSessions, memoryStore, tokenIssuer } from "@usermeta/core";
 * import { verifySession } from "@usermeta/fetch";
 *
 * const who = { issuer: "https://my-app.example", audience: "my-app" };
 * const issuer = tokenIssuer(who);
 * const sessions = jwtSessions({ ...who, keys: issuer.jwks });
 * const metadata = createUserMetadata({ store: memoryStore(), issuer, sessions });
 *
 * const guard = verifySession(metadata);
 * const me = (request: Request) => guard(request, (session) => Response.json({ userId: session.getUserId() }));
 *
 * const headers = { authorization: `Bearer ${await metadata.issueToken("jane")}` };
 * const response = await me(new Request("https://my-app.example/me", { headers }));
 * console.log(await response.json()); // { userId: "jane" }
 * ```
 */
export const verifySession: VerifySession = (metadata: MetadataHttp, options: VerifySessionOptions = {}) => {
  checkEngine(metadata, "verifySession");
  return async <T>(
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
};

const answer = (outcome: Outcome, { method }: Request): Response => {
  if (outcome.error) throw outcome.error;
  return toResponse(outcome, method);
};
