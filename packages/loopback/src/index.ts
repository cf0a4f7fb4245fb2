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
  errorOutcome,
  type MetadataHttp,
  mountAt,
  type Outcome,
  type Session,
  type VerifySessionOptions,
} from "@usermeta/core";
import { attachSession, sendOutcome, getSession as sessionOf, toRequestView } from "@usermeta/node";

/**
 * Where the session of a request is bound: `@inject(SESSION) session: Session` on a controller's method. Where
 * anonymous requests are let through nothing is bound: `@inject(SESSION, { optional: true }) session?: Session`.
 */
export const SESSION: BindingKey<Session> = BindingKey.create<Session>("usermeta.session");

/** Where the metadata routes are. */
export interface UserMetadataRoutesOptions {
  /** The path before each of them, as in `"/auth"`. @default "" */
  readonly prefix?: string;
}

/**
 * A component that answers the metadata routes: `app.component(userMetadata(metadata, { prefix: "/auth" }))`. It is a
 * middleware behind LoopBack's CORS and OpenAPI endpoints and before its router and body parser; other paths go on to
 * the app. Refusals are answered here; a failure of 500 and above is thrown to the sequence's `reject`.
 */
export const userMetadata = (
  metadata: MetadataHttp,
  { prefix = "" }: UserMetadataRoutesOptions = {},
): Constructor<Component> => {
  const handle = mountAt(metadata, prefix);
  const middleware: Middleware = async (raw, next) => {
    const { request, response } = raw;
    // Express has dropped one of two slashes where LoopBack is mounted; a path with both is not ours.
    const doubled = request.originalUrl === `${request.baseUrl}/${request.url}`;
    const outcome = doubled ? undefined : await handle(toRequestView(request, { raw }));
    return outcome ? answer(response, outcome) : next();
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
 * Guards what it intercepts: `@intercept(verifySession(metadata))` on a controller or one of its methods, or all
 * routes as `app.middleware(verifySession(metadata))`. Binds the session as `SESSION` to the request's context, or
 * answers 401 or 403 itself. `{ required: false }` lets a request without credentials through.
 */
export const verifySession =
  (metadata: MetadataHttp, options: VerifySessionOptions = {}): GenericInterceptor<Context> =>
  async (context, next) => {
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

/**
 * The session that `verifySession` found, for code that has the request's context and no injection.
 * @throws UserMetadataError `session_middleware_missing`, and `session_missing` for an anonymous request
 */
export const getSession = ({ request }: Pick<MiddlewareContext, "request">): Session => sessionOf(request);

/** What LoopBack takes for "the response is made": the response itself. */
const answer = (response: MiddlewareContext["response"], outcome: Outcome): typeof response => {
  if (outcome.error) throw outcome.error;
  sendOutcome(response, outcome);
  return response;
};
