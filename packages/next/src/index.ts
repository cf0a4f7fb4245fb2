import { type MetadataHttp, type Session, UserMetadataError } from "@usermeta/core";
import { toRequestView, toResponse } from "@usermeta/fetch";
import { mountHere, type RouteParams } from "./mount-point.ts";

export type { SessionGuard, VerifySession } from "@usermeta/fetch";
export { verifySession, verifySession as withSession } from "@usermeta/fetch";
export type { RouteParams } from "./mount-point.ts";

/** What Next hands to a route handler beside the request. */
export interface RouteContext {
  readonly params: Promise<RouteParams>;
}

/** A route handler of the app router. */
export type RouteHandler = (request: Request, context?: RouteContext) => Promise<Response>;

/** The exports of a `route.ts`. */
export type RouteHandlers = Readonly<
  Record<"GET" | "HEAD" | "OPTIONS" | "POST" | "PUT" | "PATCH" | "DELETE", RouteHandler>
>;

/** Where the routes are, and what answers beside them. */
export interface RouteHandlersOptions {
  /** The path below which they are. @default known from the folder's name, where that is `[...usermeta]` */
  readonly prefix?: string;
  /** Answers a path that is none of ours: Next asks no other route after this one. @default an empty 404 */
  readonly fallback?: RouteHandler;
}

/**
 * The route handlers for `app/api/[...usermeta]/route.ts`. Refusals are answered; a failure of 500 and above is
 * thrown, so that Next logs it, tells `onRequestError` and answers 500.
 * @throws UserMetadataError at construction `options_invalid`
 */
export const createRouteHandlers = (
  metadata: MetadataHttp,
  { prefix, fallback = answer404 }: RouteHandlersOptions = {},
): RouteHandlers => {
  const handle = mountHere(metadata, prefix);
  const handler: RouteHandler = async (request, context) => {
    const outcome = await handle(toRequestView(request), await context?.params);
    if (outcome?.error) throw outcome.error;
    return outcome ? toResponse(outcome, request.method) : fallback(request, context);
  };
  const writing = { POST: handler, PUT: handler, PATCH: handler, DELETE: handler };
  return { GET: handler, HEAD: handler, OPTIONS: handler, ...writing };
};

const answer404: RouteHandler = async () => new Response(null, { status: 404 });

/**
 * The same as `createRouteHandlers`, by the name that every adapter has.
 * @alias
 */
export const userMetadata: typeof createRouteHandlers = createRouteHandlers;

/**
 * The session in a server component or a server action, from `cookies()` and `headers()`; `undefined` where there is
 * none or a bad one, because a component cannot answer 401. A failure of 500 and above is thrown. Next does not tell
 * the method here: a request with an `Origin` or a body counts as a write, for which a cookie needs a same-origin proof.
 * @throws UserMetadataError `jwks_unavailable`
 */
export const getSession = async (metadata: MetadataHttp): Promise<Session | undefined> => {
  // Not at the top of the file: the route handlers need nothing of Next, on no runtime.
  const { cookies, headers } = await import("next/headers.js");
  const [jar, sent] = [await cookies(), await headers()];
  // By hand: in a server action the jar's own toString() makes a Set-Cookie of it.
  const cookie = jar.getAll().map(({ name, value }) => `${name}=${encodeURIComponent(value)}`);
  const view = {
    method: sent.has("origin") || sent.has("content-type") ? "POST" : "GET",
    path: "/",
    query: "",
    header: (name: string) => (name === "cookie" ? cookie.join("; ") : sent.get(name)) || undefined,
    body: async () => "",
  };
  return metadata.verifySession(view, { required: false }).catch(orNone);
};

const orNone = (error: unknown): undefined => {
  if (UserMetadataError.is(error) && error.expose) return;
  throw error;
};
