import type { RouteInfo } from "@usermeta/core";
import { type NodeRequest, toRequestView } from "@usermeta/node";
import type { FastifyInstance } from "fastify";

const targets = new WeakMap<NodeRequest, string>();
let constraints = 0;

/** A request's target as it was sent. */
export const targetOf = (request: NodeRequest): string | undefined => targets.get(request) ?? request.url;

/**
 * Adds a constraint that holds for paths of ours, and returns its name. It is derived before the router reads a path,
 * and the router has answers that are core's to give: a 414 for a long parameter, which a wildcard under the constraint
 * takes; a 400 for what it cannot decode, which is escaped once more here until `targetOf` gives it back.
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
