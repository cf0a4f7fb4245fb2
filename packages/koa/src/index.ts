import type { IncomingMessage } from "node:http";
import {
  checkEngine,
  errorOutcome,
  type MetadataHttp,
  mountAt,
  type Outcome,
  type RequestView,
  type Session,
  type SessionRequired,
  type VerifySessionOptions,
} from "@usermeta/core";
import { attachSession, getSession as getNodeSession, toRequestView } from "@usermeta/node";
import type { ExtendableContext, Next, Request } from "koa";

/** The options of `userMetadata`. */
export interface UserMetadataRouterOptions {
  /** The path before every route, such as `"/auth"`. Below koa-mount, without the path of the mount. @default "" */
  readonly prefix?: string | undefined;
}

/** The metadata routes, used like a router of @koa/router. */
export interface UserMetadataRouter {
  /** Returns a middleware that answers the routes and passes on every other path. */
  routes(): (ctx: ExtendableContext, next: Next) => Promise<void>;
}

/** What `verifySession` adds to the context. `S` is `Session | undefined` if anonymous requests are let through. */
export interface SessionContext<S = Session> {
  /** The session that `verifySession` of usermeta found. */
  session: S;
}

/** A middleware of Koa and @koa/router that types `ctx.session` for those after it. */
export type SessionMiddleware<S = Session> = (
  ctx: ExtendableContext & SessionContext<S>,
  next: Next,
) => Promise<void>;

/**
 * Answers the metadata routes. Refusals are answered here, through `ctx`; a failure of 500 and above is thrown, to the
 * app's error handling and its `error` event.
 * @throws UserMetadataError `options_invalid`
 *
 * @example
 * ```ts
 * import type { AddressInfo } from "node:net";
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { userMetadata } from "@usermeta/koa";
 * import Koa from "koa";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * const app = new Koa();
 * app.use(userMetadata(metadata, { prefix: "/auth" }).routes());
 *
 * const server = app.listen(3000, async () => {
 *   const { port } = server.address() as AddressInfo;
 *   const response = await fetch(`http://127.0.0.1:${port}/auth/metadata`);
 *   console.log(response.status); // 401
 *   server.close();
 * });
 * ```
 */
export const userMetadata = (
  metadata: MetadataHttp,
  { prefix = "" }: UserMetadataRouterOptions = {},
): UserMetadataRouter => {
  const handle = mountAt(metadata, prefix);
  return {
    routes: () => async (ctx, next) => {
      const outcome = await handle(toView(ctx));
      if (outcome) answer(ctx, outcome);
      else await next();
    },
  };
};

/**
 * Guards routes of the app's own: puts the session on `ctx.session`, or answers 401 or 403 itself. A `ctx.session`
 * that is already there, such as that of koa-session, is left alone; `getSession(ctx)` finds ours in any case.
 *
 * @example
 * ```ts
 * import type { AddressInfo } from "node:net";
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { verifySession } from "@usermeta/koa";
 * import Koa from "koa";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * const app = new Koa();
 * app.use(verifySession(metadata)).use((ctx) => {
 *   ctx.body = { userId: ctx.session.getUserId() };
 * });
 *
 * const server = app.listen(3000, async () => {
 *   const { port } = server.address() as AddressInfo;
 *   console.log((await fetch(`http://127.0.0.1:${port}/me`)).status); // 401
 *   server.close();
 * });
 * ```
 */
export function verifySession(metadata: MetadataHttp, options?: SessionRequired): SessionMiddleware;
/** `{ required: false }` lets a request without credentials through; bad credentials are still refused. */
export function verifySession(
  metadata: MetadataHttp,
  options: VerifySessionOptions,
): SessionMiddleware<Session | undefined>;
export function verifySession(
  metadata: MetadataHttp,
  options: VerifySessionOptions = {},
): SessionMiddleware<Session | undefined> {
  checkEngine(metadata, "verifySession");
  return async (ctx, next) => {
    try {
      const session = await metadata.verifySession(toView(ctx), options);
      attachSession(ctx.req, session);
      place(ctx, session);
    } catch (error) {
      answer(ctx, errorOutcome(error));
      return;
    }
    await next();
  };
}

/**
 * The session that `verifySession` found, never `undefined`.
 * @throws UserMetadataError `session_middleware_missing`, and `session_missing` for an anonymous request
 *
 * @example
 * ```ts
 * import type { AddressInfo } from "node:net";
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { getSession, verifySession } from "@usermeta/koa";
 * import Koa from "koa";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * const app = new Koa();
 * app.use(verifySession(metadata)).use((ctx) => {
 *   ctx.body = { userId: getSession(ctx).getUserId() };
 * });
 *
 * const server = app.listen(3000, async () => {
 *   const { port } = server.address() as AddressInfo;
 *   console.log((await fetch(`http://127.0.0.1:${port}/me`)).status); // 401
 *   server.close();
 * });
 * ```
 */
export const getSession = (ctx: { readonly req: IncomingMessage }): Session => getNodeSession(ctx.req);

const toView = (ctx: ExtendableContext): RequestView => {
  const { req, res, request, path, search } = ctx;
  const { body, rawBody }: Request & { body?: unknown; rawBody?: unknown } = request;
  // Not the url, which may be in absolute form. koa-mount changes both.
  return toRequestView(req, { url: path + search, read: rawBody ?? body, raw: ctx, response: res });
};

/** The contexts whose `session` was set here. */
const ours = new WeakSet<object>();

/** By `in`, because reading koa-session's `ctx.session` starts a session, and writing it would set its cookie. */
const place = (ctx: SessionContext<Session | undefined>, session: Session | undefined): void => {
  if ("session" in ctx && !ours.has(ctx)) return;
  ours.add(ctx);
  ctx.session = session;
};

const answer = (ctx: ExtendableContext, { status, headers, body, error }: Outcome): void => {
  if (error) throw error;
  ctx.status = status;
  ctx.body = body;
  // After the body, because Koa then sets a type. Not by `ctx.type`, which would add a charset.
  for (const [name, value] of Object.entries(headers)) {
    // Names that the app has put into `vary` before, such as Origin, stay.
    if (name === "vary" && ctx.res.hasHeader(name)) ctx.vary([value].flat().join(", "));
    else if (name === "set-cookie") ctx.append(name, [value].flat());
    else ctx.set(name, typeof value === "string" ? value : [...value]);
  }
};
