import {
  Binding,
  BindingKey,
  type Component,
  type Constructor,
  type Context,
  extensionFor,
  type GenericInterceptor,
} from "@loopback/core";
import {
  asMiddleware,
  type Middleware,
  MiddlewareBindings,
  type MiddlewareContext,
  RestTags,
} from "@loopback/rest";
import {
  checkEngine,
  errorOutcome,
  type MetadataHttp,
  mountAt,
  type Outcome,
  type Session,
  type VerifySessionOptions,
} from "@usermeta/core";
import {
  attachSession,
  sendOutcome,
  getSession as sessionOf,
  setErrorHeaders,
  toRequestView,
} from "@usermeta/node";

/**
 * The key that the session of a request is bound to: `@inject(SESSION) session: Session` on a controller's method. An
 * anonymous request has no binding: write `@inject(SESSION, { optional: true }) session?: Session`.
 *
 * @example
 * ```ts
 * import { inject, intercept } from "@loopback/core";
 * import { get } from "@loopback/rest";
 * import { createUserMetadata, memoryStore, type Session } from "@usermeta/core";
 * import { SESSION, verifySession } from "@usermeta/loopback";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 *
 * export class UserController {
 *   @intercept(verifySession(metadata, { required: false }))
 *   @get("/me")
 *   me(@inject(SESSION, { optional: true }) session?: Session) {
 *     return { userId: session?.getUserId() ?? null };
 *   }
 * }
 * ```
 */
export const SESSION: BindingKey<Session> = BindingKey.create<Session>("usermeta.session");

/** The options of `userMetadata`. */
export interface UserMetadataRoutesOptions {
  /** The path before every route, such as `"/auth"`. @default "" */
  readonly prefix?: string | undefined;
}

/**
 * Makes a component that answers the metadata routes. It is a middleware behind LoopBack's CORS and OpenAPI endpoints
 * and before its router and body parser; other paths go on to the app. Refusals are answered here; a failure of 500 and
 * above is thrown to the sequence's `reject`.
 *
 * @example
 * ```ts
 * import { RestApplication } from "@loopback/rest";
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { userMetadata } from "@usermeta/loopback";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * const app = new RestApplication({ rest: { port: 3000 } });
 * app.component(userMetadata(metadata, { prefix: "/auth" }));
 *
 * await app.start();
 * const response = await fetch(`${app.restServer.url}/auth/metadata`);
 * console.log(response.status); // 401
 * await app.stop();
 * ```
 */
export const userMetadata = (
  metadata: MetadataHttp,
  { prefix = "" }: UserMetadataRoutesOptions = {},
): Constructor<Component> => {
  const handle = mountAt(metadata, prefix);
  const middleware: Middleware = async (raw, next) => {
    const { request, response } = raw;
    // Express drops one of two slashes at LoopBack's mount point. A path that began with both is not ours.
    const doubled = request.originalUrl === `${request.baseUrl}/${request.url}`;
    const outcome = doubled ? undefined : await handle(toRequestView(request, { raw }));
    if (outcome) return answer(response, outcome);
    try {
      return await next();
    } catch (error) {
      // What a route of the app's throws: `reject` sends no headers of an error.
      setErrorHeaders(response, error);
      throw error;
    }
  };
  return class UserMetadataComponent implements Component {
    readonly bindings: Binding[] = [
      Binding.bind<Middleware>(BindingKey.generate("middleware.usermeta"))
        .to(middleware)
        .apply(asMiddleware())
        .apply(extensionFor(RestTags.ACTION_MIDDLEWARE_CHAIN)),
    ];
  };
};

/**
 * Guards a controller or one of its methods by `@intercept(verifySession(metadata))`, or all routes by
 * `app.middleware(verifySession(metadata))`. Binds the session as `SESSION` to the request's context, or answers 401 or
 * 403 itself. `{ required: false }` lets a request without credentials through.
 *
 * @example
 * ```ts
 * import { inject, intercept } from "@loopback/core";
 * import { get, RestApplication } from "@loopback/rest";
 * import { createUserMetadata, memoryStore, type Session } from "@usermeta/core";
 * import { SESSION, verifySession } from "@usermeta/loopback";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 *
 * class UserController {
 *   @intercept(verifySession(metadata))
 *   @get("/me")
 *   me(@inject(SESSION) session: Session) {
 *     return { userId: session.getUserId() };
 *   }
 * }
 *
 * const app = new RestApplication({ rest: { port: 3000 } });
 * app.controller(UserController);
 * await app.start();
 * console.log((await fetch(`${app.restServer.url}/me`)).status); // 401
 * await app.stop();
 * ```
 */
export const verifySession = (
  metadata: MetadataHttp,
  options: VerifySessionOptions = {},
): GenericInterceptor<Context> => {
  checkEngine(metadata, "verifySession");
  return async (context, next) => {
    const http = await context.get(MiddlewareBindings.CONTEXT);
    try {
      const view = toRequestView(http.request, { raw: http, response: http.response });
      const session = await metadata.verifySession(view, options);
      attachSession(http.request, session);
      if (session) http.bind(SESSION).to(session);
    } catch (error) {
      return answer(http.response, errorOutcome(error));
    }
    return next();
  };
};

/**
 * The session that `verifySession` found, for code that has the request's context and no injection.
 * @throws UserMetadataError `session_middleware_missing`, and `session_missing` for an anonymous request
 *
 * @example
 * ```ts
 * import { type Middleware, RestApplication } from "@loopback/rest";
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { getSession, verifySession } from "@usermeta/loopback";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * const log: Middleware = (context, next) => {
 *   console.log(getSession(context).getUserId(), context.request.path);
 *   return next();
 * };
 *
 * const app = new RestApplication({ rest: { port: 3000 } });
 * app.middleware(verifySession(metadata));
 * app.middleware(log);
 * await app.start();
 * console.log((await fetch(`${app.restServer.url}/me`)).status); // 401
 * await app.stop();
 * ```
 */
export const getSession = ({ request }: Pick<MiddlewareContext, "request">): Session => sessionOf(request);

/** Returns the response itself, which tells LoopBack that the answer is made. */
const answer = (response: MiddlewareContext["response"], outcome: Outcome): typeof response => {
  if (outcome.error) {
    setErrorHeaders(response, outcome.error);
    throw outcome.error;
  }
  sendOutcome(response, outcome);
  return response;
};
