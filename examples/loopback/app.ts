import { inject, intercept } from "@loopback/core";
import {
  post,
  type RequestBodyObject,
  RestApplication,
  requestBody,
  type SchemaObject,
} from "@loopback/rest";
import { createUserMetadata, jwtSessions, type Session, tokenIssuer } from "@usermeta/core";
import { SESSION, userMetadata, verifySession } from "@usermeta/loopback";
import { sqliteStore } from "@usermeta/store-sqlite";

/** What the example is built from. */
export interface ExampleOptions {
  /** The SQLite file, made if there is none. */
  readonly path: string;
  /** What server-to-server callers of `/users/:userId/metadata` send as their bearer token. */
  readonly adminKey: string;
  /** @default 3000 */
  readonly port?: number;
}

const ISSUER = { issuer: "usermeta-example", audience: "usermeta-example" };

/** Builds the example, not yet listening; the store is closed when the app is stopped. */
export const buildApp = ({ path, adminKey, port = 3000 }: ExampleOptions): RestApplication => {
  // The issuer's key lives in memory: a restart ends all sessions. Pass `keys` to keep them.
  const issuer = tokenIssuer(ISSUER);
  const metadata = createUserMetadata({
    store: sqliteStore({ path }),
    sessions: jwtSessions({ ...ISSUER, keys: issuer.jwks }),
    adminKeys: [adminKey],
    issuer,
  });

  class UserController {
    /** FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. Your sign-in checks a password or a passkey first. */
    @post("/dev/sign-in")
    async signIn(
      @requestBody(jsonOf("userId", { type: "string", maxLength: 255 })) body: { userId: string },
    ) {
      return { token: await metadata.issueToken(body.userId) };
    }

    /** The user cannot write the public tier. This route can, after the app's own check. */
    @intercept(verifySession(metadata))
    @post("/birthday")
    async birthday(
      @requestBody(jsonOf("birthday", { type: "string", format: "date" })) body: { birthday: string },
      @inject(SESSION) session: Session,
    ) {
      await metadata.updateUserMetadata(session.getUserId(), { publicMetadata: { birthday: body.birthday } });
      return { message: "successfully updated user metadata" };
    }
  }

  const app = new RestApplication({ rest: { port, host: "127.0.0.1", openApiSpec: { disabled: true } } });
  app.component(userMetadata(metadata));
  app.controller(UserController);
  app.onStop(() => metadata.close());
  return app;
};

/** A JSON body with one property, which LoopBack checks before the method runs. */
const jsonOf = (name: string, property: SchemaObject): RequestBodyObject => ({
  required: true,
  content: {
    "application/json": { schema: { type: "object", required: [name], properties: { [name]: property } } },
  },
});
