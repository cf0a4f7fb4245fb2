import { createServer, type RequestListener } from "node:http";
import { text } from "node:stream/consumers";
import type { StartHttpApp } from "@usermeta/conformance/http";
import { getSession, userMetadata, verifySession } from "@usermeta/fastify";

/**
 * Fastify's own parser cannot run before our routes, which are in a context of their own. A platform can, which hands
 * over requests whose JSON it has read, as Google's functions framework does.
 */
const parsing = (handler: RequestListener) =>
  createServer(async (request, response) => {
    const isJson = /^application\/json/i.test(request.headers["content-type"] ?? "");
    const json = isJson ? await text(request) : "";
    if (json) Object.assign(request, { body: JSON.parse(json) });
    handler(request, response);
  });

/** The conformance suite's app on a version of Fastify. */
export const startOn =
  (fastify: typeof import("fastify")["fastify"]): StartHttpApp =>
  async (metadata, { prefix, bodyParser }) => {
    const app = fastify({
      forceCloseConnections: true,
      ...(bodyParser && { serverFactory: (handler: RequestListener) => parsing(handler) }),
    });
    if (bodyParser) {
      // Fastify's documentation tells an app on such a platform to do this.
      app.addContentTypeParser("application/json", {}, (_request, payload, done) => {
        done(null, (payload as { body?: unknown }).body);
      });
    }
    await app.register(userMetadata, { metadata, prefix });
    app.post("/own", { preHandler: verifySession(metadata) }, async (request) => {
      const session = getSession(request);
      return { userId: session.getUserId(), tenantId: session.getTenantId() };
    });
    const optional = verifySession(metadata, { required: false });
    app.get("/own-optional", { onRequest: optional }, async (request) => ({
      userId: getSession(request, { required: false })?.getUserId() ?? null,
    }));
    app.get("/own-metadata", { onRequest: verifySession(metadata) }, async (request) => {
      const { version } = await metadata.getUserMetadata(getSession(request).getUserId());
      return { version };
    });
    app.setNotFoundHandler((_request, reply) => reply.code(404).send("app 404"));
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    return { url, close: () => app.close() };
  };
