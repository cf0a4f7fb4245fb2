import {
  CHECKED,
  type ExampleOptions,
  initSuperTokens,
  toUser,
  updateInfo,
} from "@usermeta/example-supertokens";
import { userMetadata } from "@usermeta/fastify";
import { type FastifyInstance, fastify, type preHandlerAsyncHookHandler } from "fastify";
import { errorHandler, plugin, type SessionRequest } from "supertokens-node/framework/fastify";
import Session from "supertokens-node/recipe/session";
import { verifySession } from "supertokens-node/recipe/session/framework/fastify";

/**
 * Builds the app, not yet listening. Its `close` waits for the writes under way, then closes the SQLite file.
 * @throws UserMetadataError if the file cannot be opened
 */
export const buildApp = (options: ExampleOptions): FastifyInstance => {
  const metadata = initSuperTokens("fastify", options);
  const app: FastifyInstance = fastify({ forceCloseConnections: true });
  app.setErrorHandler(errorHandler());
  app.register(plugin);
  app.register(userMetadata, { metadata, prefix: "/usermeta" });

  // FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. SuperTokens' recipes have sign-ins that ask for proof.
  app.post<{ Body: { userId?: unknown } }>("/dev/sign-in", async (request, reply) => {
    const session = await Session.createNewSession(request, reply, "public", toUser(request.body.userId));
    return { userId: session.getUserId() };
  });

  // Its declared type fits no route whose handler is inferred; what it does is a preHandler.
  const preHandler = verifySession(CHECKED) as unknown as preHandlerAsyncHookHandler;
  app.post("/updateinfo", { preHandler }, async ({ session }: SessionRequest) =>
    updateInfo(session?.getUserId() ?? ""),
  );
  app.options("/updateinfo", async (_, reply) => reply.code(204).send());

  app.addHook("onClose", () => metadata.close());
  return app;
};
