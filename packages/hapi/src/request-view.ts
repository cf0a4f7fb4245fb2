import type * as Hapi from "@hapi/hapi";
import { type CollectedHeaders, collectHeaders, type RequestView } from "@usermeta/core";
import { toRequestView } from "@usermeta/node";

/** What usermeta reads from a request, whatever types its route has. */
export type AnyRequest = Pick<Hapi.Request, "raw" | "method" | "path" | "log">;

/** Sees a request of hapi as the core does. */
export const toView = (request: AnyRequest, path: string, response?: CollectedHeaders): RequestView => {
  const [query = ""] = /\?.*/.exec(request.raw.req.url ?? "") ?? [];
  const method = request.method.toUpperCase();
  return toRequestView(request.raw.req, { method, url: path + query, raw: request, response });
};

/** The headers that sessions send. They are kept until hapi has made a response. */
const collected = new WeakMap<object, CollectedHeaders>();

/** Sees a request as `toView` does, for a session, which may send headers. */
export const toSessionView = (request: AnyRequest): RequestView => {
  const response = collected.get(request) ?? collectHeaders();
  collected.set(request, response);
  return toView(request, request.path, response);
};

/** The headers that the sessions of a request send: each name with its values. */
export const sessionHeadersOf = (request: object): Iterable<readonly [string, readonly string[]]> =>
  collected.get(request)?.headers ?? [];
