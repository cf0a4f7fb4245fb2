import type * as Hapi from "@hapi/hapi";
import { checkEngine, type MetadataHttp, type VerifySessionOptions } from "@usermeta/core";
import { attachSession } from "@usermeta/node";
import { toBoom } from "./answer.ts";
import { type AnyRequest, toSessionView } from "./request-view.ts";

/** A `pre` of a route, or an extension of the server from `onPreAuth` on. */
export type Guard = (request: AnyRequest, h: Pick<Hapi.ResponseToolkit, "continue">) => Promise<symbol>;

/**
 * Guards a route of the app's own: `pre: [{ method: verifySession(metadata) }]` puts the session where
 * `getSession(request)` finds it, or throws the Boom of a 401 or 403. `{ required: false }` lets anonymous requests
 * through. The session is on `request.session` too, unless another plugin has put one there.
 *
 * @example
 * ```ts
 * import { server as createServer } from "@hapi/hapi";
 * import { createUserMetadata, jwtSessions, memoryStore, tokenIssuer } from "@usermeta/core";
 * import { getSession, verifySession } from "@usermeta/hapi";
 *
 * const who = { issuer: "https://my-app.example", audience: "my-app" };
 * const issuer = tokenIssuer(who);
 * const sessions = jwtSessions({ ...who, keys: issuer.jwks });
 * const metadata = createUserMetadata({ store: memoryStore(), issuer, sessions });
 *
 * const server = createServer({ port: 3000 });
 * server.route({
 *   method: "GET",
 *   path: "/me",
 *   options: { pre: [{ method: verifySession(metadata) }] },
 *   handler: (request) => ({ userId: getSession(request).getUserId() }),
 * });
 *
 * const headers = { authorization: `Bearer ${await metadata.issueToken("jane")}` };
 * console.log((await server.inject({ url: "/me", headers })).result); // { userId: "jane" }
 * ```
 */
export const verifySession = (metadata: MetadataHttp, options: VerifySessionOptions = {}): Guard => {
  checkEngine(metadata, "verifySession");
  return async (request, h) => {
    try {
      attachSession(request, await metadata.verifySession(toSessionView(request), options));
      return h.continue;
    } catch (failure) {
      const boom = toBoom(failure);
      // hapi logs what a pre throws only if it is a 500.
      if (boom.isServer) request.log(["usermeta", "error"], boom);
      throw boom;
    }
  };
};
