import { boomify } from "@hapi/boom";
import { server as createServer, type Server } from "@hapi/hapi";
import {
  CHECKED,
  type ExampleOptions,
  initSuperTokens,
  toUser,
  updateInfo,
} from "@usermeta/example-supertokens";
import { userMetadata } from "@usermeta/hapi";
import { plugin, type SessionRequest } from "supertokens-node/framework/hapi";
import Session from "supertokens-node/recipe/session";
import { verifySession } from "supertokens-node/recipe/session/framework/hapi";

/** hapi takes every error for a 500, but a Boom. */
const attempt = <T>(make: () => T): T => {
  try {
    return make();
  } catch (error) {
    throw boomify(error as Error, { statusCode: 400 });
  }
};

/**
 * Builds the example, not yet listening; the SQLite file is closed when the server is stopped.
 * @throws UserMetadataError if the file cannot be opened
 */
export const buildApp = async ({
  port = 3000,
  ...options
}: ExampleOptions & { port?: number }): Promise<Server> => {
  const metadata = initSuperTokens("hapi", options);
  // Not on every interface: whoever reaches this port may sign in as anyone.
  const server = createServer({ port, host: "127.0.0.1" });
  await server.register(plugin);
  await server.register({ plugin: userMetadata, options: { metadata }, routes: { prefix: "/usermeta" } });

  // FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. SuperTokens' recipes have sign-ins that ask for proof.
  server.route({
    method: "POST",
    path: "/dev/sign-in",
    handler: async (request, h) => {
      const { userId } = (request.payload ?? {}) as { userId?: unknown };
      const user = attempt(() => toUser(userId));
      const session = await Session.createNewSession(request, h, "public", user);
      return h.response({ userId: session.getUserId() });
    },
  });

  server.route({
    method: ["POST", "OPTIONS"],
    path: "/updateinfo",
    options: { pre: [{ method: verifySession(CHECKED) }] },
    handler: async ({ session, method }: SessionRequest, h) =>
      // SuperTokens lets OPTIONS through with no session.
      method === "options"
        ? h.response().code(204)
        : h.response(await updateInfo(session?.getUserId() ?? "")),
  });

  server.ext("onPostStop", () => metadata.close());
  return server;
};
