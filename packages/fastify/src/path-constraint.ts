import type { RouteInfo } from "@usermeta/core";
import { type NodeRequest, toRequestView } from "@usermeta/node";
import type { FastifyInstance } from "fastify";

const targets = new WeakMap<NodeRequest, string>();
let constraints = 0;

/** The target of a request, as it was sent. */
export const targetOf = (request: NodeRequest): string | undefined => targets.get(request) ?? request.url;

/**
 * Adds a constraint that holds for our paths, and returns its name. Fastify derives it before its router reads the
 * path. The router would answer two kinds of path that the core should answer: a long parameter, with 414, which a
 * wildcard with this constraint catches; and a path that it cannot decode, with 400, which is escaped once more here,
 * while `targetOf` still returns the original.
 */
export const addPathConstraint = (app: FastifyInstance, routes: readonly RouteInfo[]): string => {
  const name = `usermeta${constraints++}`;
  const prefix = toPattern(app.prefix.replace(/\/$/, ""), "[^/%]+");
  const paths = routes.map(({ path }) => toPattern(path, "[^/]+"));
  const ours = new RegExp(`^${prefix}(?:${paths.join("|")})/?(?:\\?|$)`);
  const deriveConstraint = (request: NodeRequest): true | undefined => {
    const { url = "/" } = request;
    const target = url.startsWith("/") ? url : toRequestView(request).path;
    if (!ours.test(target)) return undefined;
    if (!target.includes("%")) return true;
    try {
      decodeURI(toRequestView(request).path);
    } catch {
      targets.set(request, request.url ?? "/");
      request.url = request.url?.replaceAll("%", "%25");
    }
    return true;
  };
  app.addConstraintStrategy({ name, storage: () => new Map(), deriveConstraint });
  return name;
};

const toPattern = (path: string, parameter: string): string =>
  path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/:\w+/g, parameter);
