import { inject, intercept } from "@loopback/core";
import { post, RestApplication, RestBindings, requestBody } from "@loopback/rest";
import {
  CHECKED,
  type ExampleOptions,
  initSuperTokens,
  toUser,
  updateInfo,
} from "@usermeta/example-supertokens";
import { userMetadata } from "@usermeta/loopback";
import { middleware, type SessionContext } from "supertokens-node/framework/loopback";
import Session from "supertokens-node/recipe/session";
import { verifySession } from "supertokens-node/recipe/session/framework/loopback";

class UserController {
  readonly #context: SessionContext;

  constructor(@inject(RestBindings.Http.CONTEXT) context: SessionContext) {
    this.#context = context;
  }

  /** FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. SuperTokens' recipes have sign-ins that ask for proof. */
  @post("/dev/sign-in")
  async signIn(@requestBody() body: { userId?: unknown }) {
    const context = this.#context;
    const session = await Session.createNewSession(context, context, "public", toUser(body.userId));
    return { userId: session.getUserId() };
  }

  @intercept(verifySession(CHECKED))
  @post("/updateinfo")
  updateInfo() {
    return updateInfo(this.#context.session?.getUserId() ?? "");
  }
}

/** Builds the example, not yet listening; the SQLite file is closed when the app is stopped. */
export const buildApp = ({
  port = 3000,
  ...options
}: ExampleOptions & { port?: number }): RestApplication => {
  const metadata = initSuperTokens("loopback", options);
  const app = new RestApplication({ rest: { port, host: "127.0.0.1", openApiSpec: { disabled: true } } });
  app.middleware(middleware);
  app.component(userMetadata(metadata, { prefix: "/usermeta" }));
  app.controller(UserController);
  app.onStop(() => metadata.close());
  return app;
};
