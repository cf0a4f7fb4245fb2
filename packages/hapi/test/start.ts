import type { Server as HttpServer } from "node:http";
import type { ServerRoute } from "@hapi/hapi";
import type { StartHttpApp } from "@usermeta/conformance/http";
import { getSession, userMetadata, verifySession } from "@usermeta/hapi";

const elsewhere: ServerRoute = {
  method: "*",
  path: "/{any*}",
  handler: (_request, h) => h.response("app 404").code(404),
};

/** The conformance suite's app on a version of hapi, which parses the bodies of the app's own routes in every mount. */
export const startOn =
  (hapi: typeof import("@hapi/hapi"), listener?: () => HttpServer): StartHttpApp =>
  async (metadata, { prefix }) => {
    const listening = listener && { listener: listener() };
    const server = hapi.server({ port: 0, host: "127.0.0.1", ...listening });
    const plugin = { plugin: userMetadata, options: { metadata } };
    await server.register(prefix ? { ...plugin, routes: { prefix } } : plugin);
    server.route([
      {
        method: "POST",
        path: "/own",
        options: { pre: [{ method: verifySession(metadata) }] },
        handler: (request) => {
          const session = getSession(request);
          return { userId: session.getUserId(), tenantId: session.getTenantId() };
        },
      },
      {
        method: "GET",
        path: "/own-optional",
        options: { pre: [{ method: verifySession(metadata, { required: false }) }], state: { parse: false } },
        handler: (request) => ({
          userId: getSession(request, { required: false })?.getUserId() ?? null,
        }),
      },
      {
        method: "GET",
        path: "/own-metadata",
        options: { pre: [{ method: verifySession(metadata) }] },
        handler: async (request) => {
          const { version } = await metadata.getUserMetadata(getSession(request).getUserId());
          return { version };
        },
      },
      elsewhere,
    ]);
    await server.start();
    return { url: server.info.uri, close: () => server.stop({ timeout: 1000 }) };
  };
