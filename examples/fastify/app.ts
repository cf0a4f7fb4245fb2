import { createUserMetadata, jwtSessions, tokenIssuer, type UserMetadataEngine } from "@usermeta/core";
import { getSession, userMetadata, verifySession } from "@usermeta/fastify";
import { sqliteStore } from "@usermeta/store-sqlite";
import { type FastifyInstance, fastify } from "fastify";

/** What the example is built from. */
export interface ExampleOptions {
  /** The SQLite file, made if there is none. */
  readonly path: string;
  /** What server-to-server callers of `/users/:userId/metadata` send as their bearer token. */
  readonly adminKey: string;
}

const ISSUER = { issuer: "usermeta-example", audience: "usermeta-example" };

/**
 * Builds the app, not yet listening. Its `close` waits for the writes under way, then closes the SQLite file.
 * @throws UserMetadataError if an option is refused or the file cannot be opened
 */
export const buildApp = ({ path, adminKey }: ExampleOptions): FastifyInstance => {
  // The issuer's key lives in memory: a restart ends all sessions. Pass `keys` to keep them.
  const issuer = tokenIssuer(ISSUER);
  const metadata = createUserMetadata({
    store: sqliteStore({ path }),
    sessions: jwtSessions({ ...ISSUER, keys: issuer.jwks }),
    adminKeys: [adminKey],
    issuer,
  });

  const app: FastifyInstance = fastify({ forceCloseConnections: true });
  app.register(userMetadata, { metadata });
  addOwnRoutes(app, metadata);
  app.addHook("onClose", () => metadata.close());
  return app;
};

const bodyWith = (property: object) => ({
  body: { type: "object", required: Object.keys(property), properties: property },
});

const addOwnRoutes = (app: FastifyInstance, metadata: UserMetadataEngine): void => {
  // FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. Your sign-in checks a password or a passkey first.
  app.post<{ Body: { userId: string } }>(
    "/dev/sign-in",
    { schema: bodyWith({ userId: { type: "string", minLength: 1, maxLength: 255 } }) },
    async ({ body }, reply) => {
      reply.header("cache-control", "no-store");
      return { token: await metadata.issueToken(body.userId) };
    },
  );

  // The user cannot write the public tier. This route can, after the app's own check.
  app.post<{ Body: { birthday: string } }>(
    "/birthday",
    {
      onRequest: verifySession(metadata),
      schema: bodyWith({ birthday: { type: "string", format: "date" } }),
    },
    async (request) => {
      const { birthday } = request.body;
      await metadata.updateUserMetadata(getSession(request).getUserId(), { publicMetadata: { birthday } });
      return { message: "successfully updated user metadata" };
    },
  );
};
