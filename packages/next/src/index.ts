import {
  type MetadataHttp,
  type Session,
  UserMetadataError,
  type VerifySessionOptions,
} from "@usermeta/core";
import { toRequestView, toResponse, type VerifySession, verifySession as verify } from "@usermeta/fetch";
import { answerable, answerToThrown, type UnavailableOptions } from "@usermeta/node";
import { type MountOptions, mountHere, type RouteParams } from "./mount-point.ts";

export type { SessionGuard, VerifySession } from "@usermeta/fetch";
export type { UnavailableOptions } from "@usermeta/node";
export type { MountOptions, RouteParams } from "./mount-point.ts";

/** The second argument that Next gives to a route handler. */
export interface RouteContext {
  readonly params: Promise<RouteParams>;
}

/** A route handler of the app router. */
export type RouteHandler = (request: Request, context?: RouteContext) => Promise<Response>;

/** The exports of a `route.ts`. */
export type RouteHandlers = Readonly<
  Record<"GET" | "HEAD" | "OPTIONS" | "POST" | "PUT" | "PATCH" | "DELETE", RouteHandler>
>;

/** The options of `createRouteHandlers`. */
export type RouteHandlersOptions = MountOptions<RouteHandler> & UnavailableOptions;

/**
 * The route handlers for `app/api/[...usermeta]/route.ts`. Refusals are answered, and so is a 503, of which
 * `onUnavailable` is told. Any other failure of 500 and above is thrown: Next logs it, calls `onRequestError` and
 * answers 500.
 * @throws UserMetadataError at construction `options_invalid`
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { createRouteHandlers } from "@usermeta/next";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 *
 * // app/api/[...usermeta]/route.ts
 * export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = createRouteHandlers(metadata);
 *
 * // as Next calls it
 * const params = Promise.resolve({ usermeta: ["metadata"] });
 * const response = await GET(new Request("https://my-app.example/api/metadata"), { params });
 * console.log(response.status); // 401
 * ```
 */
export const createRouteHandlers = (
  metadata: MetadataHttp,
  { prefix, fallback = answer404, ...options }: RouteHandlersOptions = {},
): RouteHandlers => {
  const handle = mountHere(metadata, prefix);
  const handler: RouteHandler = async (request, context) => {
    const outcome = await handle(toRequestView(request), await context?.params);
    return outcome ? toResponse(answerable(outcome, options), request.method) : fallback(request, context);
  };
  const writing = { POST: handler, PUT: handler, PATCH: handler, DELETE: handler };
  return { GET: handler, HEAD: handler, OPTIONS: handler, ...writing };
};

const answer404: RouteHandler = async () => new Response(null, { status: 404 });

/**
 * The same as `createRouteHandlers`, by the name that every adapter has.
 * @alias
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { userMetadata } from "@usermeta/next";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = userMetadata(metadata, { prefix: "/api" });
 *
 * const response = await GET(new Request("https://my-app.example/api/metadata"));
 * console.log(response.status); // 401
 * ```
 */
export const userMetadata: typeof createRouteHandlers = createRouteHandlers;

/**
 * Guards a route of the app's own: `verifySession(metadata)(request, (session) => …)` resolves to what the handler
 * returns, or to the 401 or 403. The handler is called at most once. A 503 of ours that it throws is answered, and
 * `onUnavailable` is told; anything else that it throws is thrown. `{ required: false }` lets a request without
 * credentials through.
 * @throws UserMetadataError any other failure of 500 and above
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { verifySession } from "@usermeta/next";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 *
 * // app/api/me/route.ts
 * export const GET = (request: Request) =>
 *   verifySession(metadata)(request, (session) => Response.json({ userId: session.getUserId() }));
 *
 * console.log((await GET(new Request("https://my-app.example/api/me"))).status); // 401
 * ```
 */
export const verifySession: VerifySession<UnavailableOptions> = (
  metadata: MetadataHttp,
  options: VerifySessionOptions & UnavailableOptions = {},
) => {
  const guard = verify(metadata, options);
  return <T>(request: Request, handler: (session: never, headers: Headers) => T | Promise<T>) =>
    guard<T | Response>(request, handler as never).catch((thrown: unknown) =>
      toResponse(answerToThrown(thrown, options), request.method),
    );
};

/**
 * The same as `verifySession`, by the name that SuperTokens' users know.
 * @alias
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { withSession } from "@usermeta/next";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * export const POST = (request: Request) =>
 *   withSession(metadata)(request, (session) => Response.json({ userId: session.getUserId() }));
 *
 * console.log((await POST(new Request("https://my-app.example/api/me", { method: "POST" }))).status); // 401
 * ```
 */
export const withSession: typeof verifySession = verifySession;

/**
 * The session in a server component or a server action, from `cookies()` and `headers()`. It is `undefined` if there is
 * no session or a bad one, because a component cannot answer 401. A failure of 500 and above is thrown. Next does not
 * tell the method here: a request with an `Origin` or a body counts as a write, for which a cookie needs a same-origin
 * proof.
 * @throws UserMetadataError `jwks_unavailable`
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { getSession } from "@usermeta/next";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 *
 * // app/page.tsx
 * export default async function Page() {
 *   const session = await getSession(metadata);
 *   if (!session) return "Please sign in.";
 *   const { publicMetadata } = await metadata.getUserMetadata(session.getUserId());
 *   return `Your plan: ${publicMetadata.plan}`;
 * }
 * ```
 */
export const getSession = async (metadata: MetadataHttp): Promise<Session | undefined> => {
  // Imported here, because the route handlers need no part of Next and run on any runtime.
  const { cookies, headers } = await import("next/headers.js");
  const [jar, sent] = [await cookies(), await headers()];
  // Not by the jar's own toString(), which makes a Set-Cookie in a server action.
  // Of several cookies of one name the jar has one: all count, unless the app has set or removed it since.
  const pairs = (sent.get("cookie") ?? "").split("; ");
  const cookie = jar.getAll().flatMap(({ name, value }) => {
    const own = `${name}=${encodeURIComponent(value)}`;
    return pairs.includes(own) ? pairs.filter((pair) => pair.startsWith(`${name}=`)) : own;
  });
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
