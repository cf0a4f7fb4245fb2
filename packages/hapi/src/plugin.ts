import { isBoom, notFound } from "@hapi/boom";
import type * as Hapi from "@hapi/hapi";
import { checkEngine, type MetadataHttp, type RouteInfo, UserMetadataError } from "@usermeta/core";
import { toRequestView } from "@usermeta/node";
import { answer, toBoom } from "./answer.ts";
import { scheme, type UserMetadataPluginOptions } from "./auth-scheme.ts";
import { sessionHeadersOf, toView } from "./request-view.ts";

/**
 * The plugin: the metadata routes below `routes.prefix`, and the auth scheme `usermeta`. Another engine may be
 * registered below another prefix. A failure of 500 and above is thrown: the engine's own error, made a Boom.
 *
 * @example
 * ```ts
 * import { server as createServer } from "@hapi/hapi";
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { userMetadata } from "@usermeta/hapi";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * const server = createServer({ port: 3000 });
 * await server.register({ plugin: userMetadata, options: { metadata }, routes: { prefix: "/auth" } });
 *
 * const response = await server.inject("/auth/metadata");
 * console.log(response.statusCode); // 401
 * ```
 */
export const userMetadata: Hapi.Plugin<UserMetadataPluginOptions> = {
  name: "@usermeta/hapi",
  multiple: true,
  register: async (server, { metadata }) => {
    checkEngine(metadata, "userMetadata");
    await server.register({ plugin: sharedPlugin, once: true });
    const paths = [...new Set(metadata.routes.map(({ path }) => path))];
    const entries: Entry[] = [...metadata.routes, ...paths.map((path) => ({ method: "*", path }) as const)];
    for (const slash of server.settings.router?.stripTrailingSlash ? [""] : ["", "/"])
      server.route(entries.map((entry) => toRoute(metadata, entry, slash)));
    const { prefix = "" } = server.realm.modifiers.route;
    server.ext("onRequest", async (request, h) => {
      // hapi would answer a path that it cannot decode before it looks for a route, and it resolves dots.
      const path = [toRequestView(request.raw.req).path, request.path].find((each) => !isPlain(each));
      if (!path?.startsWith(`${prefix}/`)) return h.continue;
      const outcome = await metadata.handle(toView(request, path.slice(prefix.length)));
      return outcome ? answer(h, outcome).takeover() : h.continue;
    });
  },
};

/** What a server needs once, however many engines it has: the auth scheme, and a hook that sees each response. */
const sharedPlugin: Hapi.Plugin<void> = {
  name: "@usermeta/hapi/shared",
  register: (server) => {
    server.auth.scheme("usermeta", scheme);
    server.ext("onPreResponse", (request, h) => {
      const { response } = request;
      // hapi answers 500 to every error that a handler of the app throws.
      if (isBoom(response, 500) && UserMetadataError.is(response)) toBoom(response);
      const own: Record<string, unknown> = isBoom(response) ? response.output.headers : response.headers;
      for (const [name, values] of sessionHeadersOf(request))
        own[name] = [...[own[name] ?? []].flat().map(String), ...values];
      return h.continue;
    });
  },
};

type Entry = Pick<RouteInfo, "path"> & { readonly method: RouteInfo["method"] | "*" };

const BASE = { auth: false, cache: false, response: { ranges: false }, state: { parse: false } } as const;
/** The core reads bodies and checks their headers, so that refusals have its codes. */
const RAW = { parse: false, output: "stream", override: "application/json", maxBytes: 2 ** 50 } as const;

const toRoute = (metadata: MetadataHttp, { method, path }: Entry, slash: string): Hapi.ServerRoute => ({
  method,
  path: path.replace(/:(\w+)/g, "{$1}") + slash,
  options: method === "GET" ? BASE : { ...BASE, payload: RAW },
  handler: async (request, h) => {
    // The route's path: hapi's router has already dealt with the prefix, the case and the trailing slash.
    const encode = (_: string, name: string) => encodeURIComponent(String(request.params[name]));
    const outcome = await metadata.handle(toView(request, path.replace(/:(\w+)/g, encode)));
    return outcome ? answer(h, outcome) : notFound();
  },
});

/** A segment of one or two dots, encoded or not: a URL that is parsed has lost it (WHATWG URL, section 4.1). */
const DOTS = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

const isPlain = (path: string): boolean => {
  try {
    return !DOTS.test(path) && decodeURIComponent(path) !== "";
  } catch {
    return false;
  }
};
