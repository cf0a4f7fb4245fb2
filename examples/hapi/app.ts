import { badRequest } from "@hapi/boom";
import { server as createServer, type Server, type ServerRoute } from "@hapi/hapi";
import { createUserMetadata, jwtSessions, tokenIssuer, type UserMetadataEngine } from "@usermeta/core";
import { getSession, userMetadata, verifySession } from "@usermeta/hapi";
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

/**
 * Builds the example, not yet listening; the SQLite file is closed when the server is stopped.
 * @throws UserMetadataError if an option is refused or the file cannot be opened
 */
export const buildApp = async ({ path, adminKey, port = 3000 }: ExampleOptions): Promise<Server> => {
  // The issuer's key lives in memory: a restart ends all sessions. Pass `keys` to keep them.
  const issuer = tokenIssuer(ISSUER);
  const metadata = createUserMetadata({
    store: sqliteStore({ path }),
    sessions: jwtSessions({ ...ISSUER, keys: issuer.jwks }),
    adminKeys: [adminKey],
    issuer,
  });
  // Not on every interface: whoever reaches this port may sign in as anyone.
  const server = createServer({ port, host: "127.0.0.1" });
  await server.register({ plugin: userMetadata, options: { metadata } });
  server.route([developmentSignIn(metadata), birthday(metadata)]);
  server.ext("onPostStop", () => metadata.close());
  return server;
};

/** FOR DEVELOPMENT ONLY: whoever calls it is whoever they say. Your sign-in checks a password or a passkey first. */
const developmentSignIn = (metadata: UserMetadataEngine): ServerRoute => ({
  method: "POST",
  path: "/dev/sign-in",
  handler: async ({ payload }, h) => {
    const userId = propertyOf(payload, "userId");
    if (typeof userId !== "string") throw badRequest('Send {"userId":"jane"} as application/json.');
    // issueToken refuses a string that cannot be a user's id.
    return h.response({ token: await metadata.issueToken(userId) }).header("cache-control", "no-store");
  },
});

/** The user cannot write the public tier. This route can, after the app's own check. */
const birthday = (metadata: UserMetadataEngine): ServerRoute => ({
  method: "POST",
  path: "/birthday",
  options: { pre: [{ method: verifySession(metadata) }] },
  handler: async (request) => {
    const day = propertyOf(request.payload, "birthday");
    if (!isDate(day)) throw badRequest('Send {"birthday":"1990-05-17"}: a day of the calendar.');
    await metadata.updateUserMetadata(getSession(request).getUserId(), { publicMetadata: { birthday: day } });
    return { message: "successfully updated user metadata" };
  },
});

const propertyOf = (payload: unknown, name: string): unknown =>
  (payload as Record<string, unknown> | null)?.[name];

const isDate = (value: unknown): value is string => {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  // 31 February parses as a day in March.
  return !Number.isNaN(time) && new Date(time).toISOString() === `${value}T00:00:00.000Z`;
};
