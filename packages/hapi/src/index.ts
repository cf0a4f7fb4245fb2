import { finished } from "node:stream/promises";
import { type Boom, boomify, isBoom, notFound, unauthorized } from "@hapi/boom";
import type * as Hapi from "@hapi/hapi";
import type {
  CollectedHeaders,
  MetadataHttp,
  Outcome,
  RequestSession,
  RequestView,
  Session,
  VerifySessionOptions,
} from "@usermeta/core";
import { collectHeaders, errorOutcome, type RouteInfo, UserMetadataError } from "@usermeta/core";
import { attachSession, toRequestView } from "@usermeta/node";

export { getSession } from "@usermeta/node";

declare module "@hapi/hapi" {
  interface Request<Refs extends Hapi.ReqRef = Hapi.ReqRefDefaults> {
    /** The session that usermeta found; `undefined` where it let an anonymous request through. */
    session?: RequestSession;
  }
  interface AuthCredentials<AuthUser, AuthApp> {
    /** The session that the auth scheme `usermeta` found. */
    session?: Session;
  }
}

/** The options of the plugin, and of a strategy of its auth scheme. */
export interface UserMetadataPluginOptions {
  /** What `createUserMetadata` made. */
  readonly metadata: MetadataHttp;
}

/** What of a request is looked at, whatever types its route has. */
type AnyRequest = Pick<Hapi.Request, "raw" | "method" | "path" | "session" | "log">;
type Headers = Record<string, unknown>;
type Entry = Pick<RouteInfo, "path"> & { readonly method: RouteInfo["method"] | "*" };

/** A `pre` of a route, or an extension from `onPreAuth` on. */
export type Guard = (request: AnyRequest, h: Pick<Hapi.ResponseToolkit, "continue">) => Promise<symbol>;

/**
 * The plugin: the metadata routes below `routes.prefix`, and the auth scheme `usermeta`. Another engine may be
 * registered below another prefix. A failure of 500 and above is thrown: the engine's own error, made a Boom.
 */
export const userMetadata: Hapi.Plugin<UserMetadataPluginOptions> = {
  name: "@usermeta/hapi",
  multiple: true,
  register: async (server, { metadata }) => {
    await server.register({ plugin: shared, once: true });
    const paths = [...new Set(metadata.routes.map(({ path }) => path))];
    const entries: Entry[] = [...metadata.routes, ...paths.map((path) => ({ method: "*", path }) as const)];
    for (const slash of server.settings.router?.stripTrailingSlash ? [""] : ["", "/"])
      server.route(entries.map((entry) => toRoute(metadata, entry, slash)));
    const { prefix = "" } = server.realm.modifiers.route;
    server.ext("onRequest", async (request, h) => {
      // hapi's router would answer these, before it looks for a route.
      if (isEncoded(request.path) || !request.path.startsWith(prefix)) return h.continue;
      const outcome = await metadata.handle(toView(request, request.path.slice(prefix.length)));
      return outcome ? answer(h, outcome).takeover() : h.continue;
    });
  },
};

/**
 * Guards a route of the app's own: `pre: [{ method: verifySession(metadata) }]` puts the session on
 * `request.session`, or throws the Boom of a 401 or 403. `{ required: false }` lets anonymous requests through.
 */
export const verifySession =
  (metadata: MetadataHttp, options: VerifySessionOptions = {}): Guard =>
  async (request, h) => {
    try {
      attachSession(request, await metadata.verifySession(toSessionView(request), options));
      return h.continue;
    } catch (failure) {
      const boom = toBoom(failure);
      // What a pre throws hapi logs only where it is a 500.
      if (boom.isServer) request.log(["usermeta", "error"], boom);
      throw boom;
    }
  };

const scheme: Hapi.ServerAuthScheme<UserMetadataPluginOptions> = (_server, options) => {
  const metadata = options?.metadata;
  if (!metadata) throw new UserMetadataError("options_invalid", "Pass { metadata } to the strategy.");
  return {
    authenticate: async (request, h) => {
      const session = await metadata.verifySession(toSessionView(request), { required: false }).catch(toBoom);
      if (session instanceof Error) throw session;
      attachSession(request, session);
      // The next strategy is tried, or the request let through where the mode is not "required".
      if (!session) throw unauthorized(null, "Bearer");
      return h.authenticated({ credentials: { session, user: session } });
    },
  };
};

const shared: Hapi.Plugin<void> = {
  name: "@usermeta/hapi/shared",
  register: (server) => {
    server.auth.scheme("usermeta", scheme);
    server.ext("onPreResponse", (request, h) => {
      const { response } = request;
      const own: Headers = isBoom(response) ? response.output.headers : response.headers;
      for (const [name, values] of collected.get(request)?.headers ?? [])
        own[name] = [...[own[name] ?? []].flat().map(String), ...values];
      // What a handler of the app throws: hapi takes every error for a 500.
      if (isBoom(response, 500) && UserMetadataError.is(response)) toBoom(response);
      return h.continue;
    });
  },
};

const BASE = { auth: false, cache: false, response: { ranges: false }, state: { parse: false } } as const;
/** The core reads bodies and judges their headers, so that they are answered with its codes. */
const RAW = { parse: false, output: "stream", override: "application/json", maxBytes: 2 ** 50 } as const;

const toRoute = (metadata: MetadataHttp, { method, path }: Entry, slash: string): Hapi.ServerRoute => ({
  method,
  path: path.replace(/:(\w+)/g, "{$1}") + slash,
  options: method === "GET" ? BASE : { ...BASE, payload: RAW },
  handler: async (request, h) => {
    // As hapi's router took it: the prefix, the case and the trailing slash are settled.
    const encode = (_: string, name: string) => encodeURIComponent(String(request.params[name]));
    const outcome = await metadata.handle(toView(request, path.replace(/:(\w+)/g, encode)));
    await drain(request);
    return outcome ? answer(h, outcome) : notFound();
  },
});

const toView = (request: AnyRequest, path: string = request.path): RequestView => {
  const method = request.method.toUpperCase();
  return { ...toRequestView(request.raw.req, { raw: request }), method, path };
};

/** What the sessions of requests send, until hapi has made a response. */
const collected = new WeakMap<AnyRequest, CollectedHeaders>();

const toSessionView = (request: AnyRequest): RequestView => {
  const response = collected.get(request) ?? collectHeaders();
  collected.set(request, response);
  return { ...toView(request), response };
};

const isEncoded = (path: string): boolean => {
  try {
    return decodeURIComponent(path) !== "";
  } catch {
    return false;
  }
};

/** Lets go what is left of a body, as hapi does itself: it would close the connection. */
const drain = async ({ raw: { req }, route }: Hapi.Request): Promise<void> => {
  if (route.settings.payload && !req.readableEnded) await finished(req.resume()).catch(() => {});
};

const answer = (h: Pick<Hapi.ResponseToolkit, "response">, outcome: Outcome): Hapi.ResponseObject => {
  if (outcome.error) throw toBoom(outcome.error);
  const response = h.response(outcome.body).code(outcome.status);
  response.charset();
  for (const [name, values] of Object.entries(outcome.headers))
    for (const value of [values].flat()) response.header(name, value, { append: true });
  return response;
};

/** The error itself, for hapi's log and the app's `onPreResponse`; its output is what the client sees. */
const toBoom = (failure: unknown): Boom => {
  const { status, headers, body = "", error } = errorOutcome(failure);
  const boom = boomify(error ?? (failure as UserMetadataError), { statusCode: status });
  return Object.assign(boom, { output: { statusCode: status, headers, payload: JSON.parse(body) } });
};
