import type { UserMetadataEngine } from "@usermeta/core";
import {
  CHECKED,
  type ExampleOptions,
  initSuperTokens,
  toUser,
  updateInfo,
} from "@usermeta/example-supertokens";
import { userMetadata } from "@usermeta/express";
import express, { type ErrorRequestHandler, type Express, type Response } from "express";
import { errorHandler, middleware, type SessionRequest } from "supertokens-node/framework/express";
import Session from "supertokens-node/recipe/session";
import { verifySession } from "supertokens-node/recipe/session/framework/express";

/** The app, not yet listening. */
export interface Example {
  readonly app: Express;
  readonly metadata: UserMetadataEngine;
}

/** Builds the example. @throws UserMetadataError if the file cannot be opened */
export const buildApp = (options: ExampleOptions): Example => {
  const metadata = initSuperTokens("express", options);
  const app = express();
  app.disable("x-powered-by");
  app.use(middleware());
  app.use("/usermeta", userMetadata(metadata));

  // FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. SuperTokens' recipes have sign-ins that ask for proof.
  app.post("/dev/sign-in", express.json(), async (request, response) => {
    const session = await Session.createNewSession(request, response, "public", toUser(request.body?.userId));
    response.json({ userId: session.getUserId() });
  });

  app.post("/updateinfo", verifySession(CHECKED), async (request: SessionRequest, response: Response) => {
    response.json(await updateInfo(request.session?.getUserId() ?? ""));
  });

  app.use(errorHandler());
  app.use(answerError);
  return { app, metadata };
};

const answerError: ErrorRequestHandler = (error, _request, response, _next) => {
  const { status = 500, message } = error as Error & { status?: number };
  if (status >= 500) console.error(error);
  response.status(status).json({ message: status < 500 ? message : "The server failed; its log says why." });
};
