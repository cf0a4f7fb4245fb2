import {
  createUserMetadata,
  jwtSessions,
  tokenIssuer,
  type UserMetadataEngine,
  UserMetadataError,
} from "@usermeta/core";
import { type SessionEvent, userMetadata, verifySession } from "@usermeta/lambda";
import { sqliteStore } from "@usermeta/store-sqlite";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";

/** What the example is built from. */
export interface ExampleOptions {
  /** The SQLite file, made if there is none. On Lambda, take a database that all instances share. */
  readonly path: string;
  /** What server-to-server callers of `/users/:userId/metadata` send as their bearer token. */
  readonly adminKey: string;
}

/** A function, not yet behind a gateway. */
export interface Example {
  handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2>;
  readonly metadata: UserMetadataEngine;
  close(): Promise<void>;
}

const ISSUER = { issuer: "usermeta-example", audience: "usermeta-example" };

/** Builds one function for all routes. Each of them may as well be a function of its own. */
export const buildApp = ({ path, adminKey }: ExampleOptions): Example => {
  // The key lives in memory: on Lambda, where instances come and go, pass `keys`.
  const issuer = tokenIssuer(ISSUER);
  const metadata = createUserMetadata({
    store: sqliteStore({ path }),
    sessions: jwtSessions({ ...ISSUER, keys: issuer.jwks }),
    adminKeys: [adminKey],
    issuer,
  });

  // The user cannot write the public tier. This function can, after the app's own check.
  const tellBirthday = verifySession(metadata)(async (event: SessionEvent<APIGatewayProxyEventV2>) => {
    const birthday = readField(event, "birthday");
    if (birthday === undefined || !/^\d{4}-\d\d-\d\d$/.test(birthday)) {
      return json(400, { message: 'Send {"birthday":"1990-05-17"}' });
    }
    await metadata.updateUserMetadata(event.session.getUserId(), { publicMetadata: { birthday } });
    return json(200, { message: "successfully updated user metadata" });
  });

  /** FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. */
  const developmentSignIn = async (event: APIGatewayProxyEventV2) => {
    const userId = readField(event, "userId");
    if (userId === undefined) return json(400, { message: 'Send {"userId":"jane"}' });
    try {
      return json(200, { token: await metadata.issueToken(userId) });
    } catch (error) {
      if (UserMetadataError.is(error) && error.expose) return json(error.status, { message: error.message });
      throw error;
    }
  };

  const own = async (event: APIGatewayProxyEventV2) => {
    const route = `${event.requestContext.http.method} ${event.rawPath}`;
    if (route === "POST /birthday") return tellBirthday(event);
    if (route === "POST /dev/sign-in") return developmentSignIn(event);
    return json(404, { message: "Not Found" });
  };

  return { handler: userMetadata(metadata, { next: own }), metadata, close: () => metadata.close() };
};

const json = (statusCode: number, value: object): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(value),
});

const readField = (
  { body = "", isBase64Encoded }: APIGatewayProxyEventV2,
  name: string,
): string | undefined => {
  try {
    const text = isBase64Encoded ? Buffer.from(body, "base64").toString() : body;
    const value: unknown = JSON.parse(text)?.[name];
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
};
