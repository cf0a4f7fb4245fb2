import type { UserMetadataEngine } from "@usermeta/core";
import {
  CHECKED,
  type ExampleOptions,
  initSuperTokens,
  toUser,
  updateInfo,
} from "@usermeta/example-supertokens";
import { type LambdaEvent, userMetadata } from "@usermeta/lambda";
import { middleware, type SessionEvent, type SessionEventV2 } from "supertokens-node/framework/awsLambda";
import Session from "supertokens-node/recipe/session";
import { verifySession } from "supertokens-node/recipe/session/framework/awsLambda";

/** What every gateway understands. */
export interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A function for events of API Gateway in both formats, and so for Netlify's. */
export type Handler = (event: LambdaEvent) => Promise<Answer>;

/** A function, not yet behind a gateway. */
export interface Example {
  readonly handler: Handler;
  readonly metadata: UserMetadataEngine;
}

/** Builds one function for all routes. Each of them may as well be a function of its own. */
export const buildApp = (options: ExampleOptions): Example => {
  const metadata = initSuperTokens("awsLambda", options);
  const routes: Readonly<Record<string, Handler>> = {
    "POST /dev/sign-in": middleware(signIn) as Handler,
    // Not within `middleware()` too: both would add the cookies of the session.
    "POST /updateinfo": verifySession(update, CHECKED) as Handler,
    "OPTIONS /updateinfo": async () => json(204),
  };
  const superTokens = middleware() as Handler;
  const next: Handler = (event) => (routes[routeOf(event)] ?? superTokens)(event);
  return { handler: userMetadata(metadata, { prefix: "/usermeta", next }), metadata };
};

/** FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. SuperTokens' recipes have sign-ins that ask for proof. */
const signIn = async (event: LambdaEvent): Promise<Answer> => {
  const userId = readUserId(event);
  if (!userId) return json(400, { message: 'Send {"userId":"jane"}.' });
  const session = await Session.createNewSession(event, event, "public", toUser(userId));
  return json(200, { userId: session.getUserId() });
};

const update = async ({ session }: SessionEvent | SessionEventV2): Promise<Answer> =>
  json(200, await updateInfo(session?.getUserId() ?? ""));

const routeOf = (event: LambdaEvent): string =>
  "rawPath" in event
    ? `${event.requestContext.http.method} ${event.rawPath}`
    : `${event.httpMethod} ${event.path}`;

const json = (statusCode: number, value?: object): Answer => ({
  statusCode,
  headers: { "content-type": "application/json" },
  body: value ? JSON.stringify(value) : "",
});

const readUserId = ({ body, isBase64Encoded }: LambdaEvent): string | undefined => {
  try {
    const text = isBase64Encoded ? Buffer.from(String(body), "base64").toString() : String(body);
    const { userId } = JSON.parse(text);
    return typeof userId === "string" ? userId : undefined;
  } catch {
    return undefined;
  }
};
