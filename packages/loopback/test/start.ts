import { inject, intercept } from "@loopback/core";
import type { Middleware } from "@loopback/rest";
import type { StartHttpApp } from "@usermeta/conformance/http";
import type { Session } from "@usermeta/core";
import { SESSION, userMetadata, verifySession } from "@usermeta/loopback";

/** The conformance suite's app on a version of `@loopback/rest`. */
export const startOn =
  ({
    get,
    JsonBodyParser,
    post,
    RestApplication,
    RestBindings,
  }: typeof import("@loopback/rest")): StartHttpApp =>
  async (metadata, { prefix, bodyParser }) => {
    class OwnController {
      @intercept(verifySession(metadata))
      @post("/own")
      own(@inject(SESSION) session: Session) {
        return { userId: session.getUserId(), tenantId: session.getTenantId() };
      }

      @intercept(verifySession(metadata, { required: false }))
      @get("/own-optional")
      ownOptional(@inject(SESSION, { optional: true }) session?: Session) {
        return { userId: session?.getUserId() ?? null };
      }

      @intercept(verifySession(metadata))
      @get("/own-metadata")
      async ownMetadata(@inject(SESSION) session: Session) {
        const { version } = await metadata.getUserMetadata(session.getUserId());
        return { version };
      }
    }

    const app = new RestApplication({
      // LoopBack's own answers to OPTIONS and at /openapi.json would come first.
      rest: {
        host: "127.0.0.1",
        port: 0,
        cors: { preflightContinue: true },
        openApiSpec: { disabled: true },
      },
    });
    app.bind(RestBindings.SequenceActions.LOG_ERROR).to(() => {});
    // LoopBack parses only for a route that needs a body; as a middleware, its parser runs before everything.
    const parser = new JsonBodyParser();
    const parseBody: Middleware = async ({ request }, next) => {
      await parser.parse(request);
      return next();
    };
    if (bodyParser) app.middleware(parseBody);
    app.component(userMetadata(metadata, { prefix }));
    app.controller(OwnController);
    app.mountExpressRouter("/", (_, response) => void response.status(404).send("app 404"));
    await app.start();
    return { url: app.restServer.url ?? "", close: () => app.stop() };
  };
