import type { MetadataHttp, MountedRoute, Outcome, VerifySessionOptions } from "@usermeta/core";
import { checkEngine, errorOutcome, UserMetadataError } from "@usermeta/core";
import { attachSession, type NodeRequest, toRequestView, toResponseHeaders } from "@usermeta/node";
import type { FastifyPluginAsync, FastifyReply, RegisterOptions } from "fastify";
import fp from "fastify-plugin";
import { addPathConstraint, targetOf } from "./path-constraint.ts";
import { describeRoute, type SecuritySchemes } from "./route-schema.ts";

export { getSession } from "@usermeta/node";

/** The options of the plugin `userMetadata`; `prefix`, `logLevel` and `logSerializers` are Fastify's own. */
export interface UserMetadataOptions extends RegisterOptions {
  /** The engine, from `createUserMetadata`. */
  readonly metadata: MetadataHttp;
  /** The names that the app's OpenAPI document gives to the security schemes, both bearer. @default {} lists none */
  readonly securitySchemes?: SecuritySchemes | undefined;
}

/** A hook for `onRequest`, `preValidation` or `preHandler` of a route with any schema, type provider and logger. */
export type SessionHook = (request: { readonly raw: NodeRequest }, reply: object) => Promise<unknown>;

/** The routes, in a context of their own, so that the app's body parsers apply to the app's routes only. */
const routes: FastifyPluginAsync<UserMetadataOptions> = async (app, { metadata, securitySchemes }) => {
  const depth = app.prefix.split("/").filter(Boolean).length;
  // A proxy may send the target with its origin.
  const before = new RegExp(`^(?:\\w+://[^/]*)?(?:/[^/?]*){${depth}}`);
  const handler = (request: { raw: NodeRequest }, reply: FastifyReply): void => {
    const target = targetOf(request.raw) ?? "/";
    const url = depth === 0 ? target : target.replace(before, "");
    metadata
      .handle(toRequestView(request.raw, { url, raw: request }))
      .then((outcome) => void (outcome ? answer(reply, outcome) : reply.callNotFound()))
      .catch((error) => reply.send(error));
  };
  // The core reads the stream: it knows the limits and who may send what. Fastify caches the match of a pattern.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(/^/, (_request, _payload, done) => done(null));
  app.setErrorHandler<Error & { code?: string }>((error, request, reply) => {
    if (error.code !== "FST_ERR_CTP_INVALID_MEDIA_TYPE") throw error;
    // Not by the core's own answer to the request: the app's `preHandler` hooks have not run.
    const { method, routeOptions } = request;
    const isMatched = (each: MountedRoute) =>
      each.method === method && `${app.prefix}${each.path}` === routeOptions.url;
    const route = metadata.routes.find(isMatched);
    return answer(reply, (route?.toOutcome ?? errorOutcome)(notMediaType(route)));
  });
  // The schemas are for documentation; the core validates.
  const unchecked = { validatorCompiler: () => () => true, serializerCompiler: () => JSON.stringify };
  for (const route of metadata.routes) {
    const own = { method: route.method, url: route.path, schema: describeRoute(route, securitySchemes) };
    app.route({ ...own, ...unchecked, handler, exposeHeadRoute: false });
  }
  // All other methods, a trailing slash, and paths that the router would refuse by itself.
  const ours = addPathConstraint(app, metadata.routes);
  const schema: object = { hide: true };
  app.route({ method: app.supportedMethods, url: "/*", constraints: { [ours]: true }, schema, handler });
};

const notMediaType = (route: MountedRoute | undefined): UserMetadataError =>
  new UserMetadataError(
    "content_type_unsupported",
    "The Content-Type is not a media type. Send application/json, in UTF-8.",
    route?.method === "PATCH" ? { headers: { "accept-patch": route.reads.join(", ") } } : {},
  );

const about = { name: "@usermeta/fastify", fastify: "5.x" };
const plugin: FastifyPluginAsync<UserMetadataOptions> = async (app, options) => {
  checkEngine(options.metadata, "userMetadata");
  // The session of @fastify/session is left alone.
  if (!app.hasRequestDecorator("session")) app.decorateRequest("session");
  await app.register(routes, options);
};

/**
 * A plugin that answers the metadata routes below a prefix. Other paths stay the app's. Refusals are answered here; a
 * failure of 500 and above is thrown, to the app's error handler.
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { userMetadata } from "@usermeta/fastify";
 * import Fastify from "fastify";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * const app = Fastify();
 * app.register(userMetadata, { metadata, prefix: "/auth" });
 *
 * const response = await app.inject("/auth/metadata");
 * console.log(response.statusCode); // 401
 * ```
 */
export const userMetadata: FastifyPluginAsync<UserMetadataOptions> = fp(plugin, about);

/**
 * Guards a route of the app's own: puts the session where `getSession(request)` finds it, or answers 401 or 403 itself.
 * `{ required: false }` lets a request without credentials through. The session is on `request.session` too, unless
 * another plugin, such as @fastify/session, owns that property. Its type stays the other's.
 *
 * @example
 * ```ts
 * import { createUserMetadata, jwtSessions, memoryStore, tokenIssuer } from "@usermeta/core";
 * import { getSession, verifySession } from "@usermeta/fastify";
 * import Fastify from "fastify";
 *
 * const who = { issuer: "https://my-app.example", audience: "my-app" };
 * const issuer = tokenIssuer(who);
 * const sessions = jwtSessions({ ...who, keys: issuer.jwks });
 * const metadata = createUserMetadata({ store: memoryStore(), issuer, sessions });
 *
 * const app = Fastify();
 * const onRequest = verifySession(metadata);
 * app.get("/me", { onRequest }, async (request) => ({ userId: getSession(request).getUserId() }));
 *
 * const headers = { authorization: `Bearer ${await metadata.issueToken("jane")}` };
 * console.log((await app.inject({ url: "/me", headers })).json()); // { userId: "jane" }
 * ```
 */
export const verifySession = (metadata: MetadataHttp, options: VerifySessionOptions = {}): SessionHook => {
  checkEngine(metadata, "verifySession");
  return async (request, reply) => {
    try {
      const response = toResponseHeaders(reply as FastifyReply);
      const view = toRequestView(request.raw, { raw: request, response });
      attachSession(request, await metadata.verifySession(view, options));
      return undefined;
    } catch (error) {
      return answer(reply as FastifyReply, errorOutcome(error));
    }
  };
};

const answer = (reply: FastifyReply, { status, headers, body, error }: Outcome): FastifyReply => {
  if (error) return reply.send(concealed(error));
  reply.headers(headers as Record<string, string | string[]>);
  // With a serializer, Fastify adds no charset to the type of a text, and sends it in one piece with the headers.
  return reply.code(status).serializer(serializerOf(reply)).send(body);
};

/**
 * A failure as it goes to the app's error handler. Fastify's own handler shows a client the message, so the real one is
 * in the cause, which Fastify's logger logs.
 */
const concealed = (error: UserMetadataError): UserMetadataError => {
  // No code of 500 and above has details.
  const code = error.code as "internal_error";
  return new UserMetadataError(code, "The server failed; its log says why.", { cause: error });
};

/** Leaves a text as it is. If a hook fails, an error handler of the app may send an object, which becomes JSON. */
const serializerOf =
  (reply: FastifyReply) =>
  (payload: unknown): string => {
    if (typeof payload === "string") return payload;
    if (!reply.hasHeader("content-type")) reply.type("application/json; charset=utf-8");
    return JSON.stringify(payload);
  };
