/** Engines for the tests of the adapters. */
import {
  createUserMetadata,
  jwtSessions,
  type MetadataHttp,
  memoryStore,
  type SessionVerifier,
  type Store,
  tokenIssuer,
  type UserMetadataEngine,
  type UserMetadataOptions,
} from "@usermeta/core";

const WHO = { issuer: "https://issuer.test", audience: "app" };

/** An engine over memory, with an issuer of its own whose tokens it accepts: as Bearer, and in the cookie `session`. */
export const issuingEngine = (options: Partial<UserMetadataOptions> = {}): UserMetadataEngine => {
  const issuer = tokenIssuer(WHO);
  const sessions = jwtSessions({ ...WHO, keys: issuer.jwks, cookie: "session" });
  return createUserMetadata({ store: memoryStore(), issuer, sessions, ...options });
};

/** The headers of a request that a user sends to an issuing engine. */
export const signedIn = async (
  engine: UserMetadataEngine,
  userId = "jane",
): Promise<{ authorization: string }> => ({ authorization: `Bearer ${await engine.issueToken(userId)}` });

/** Accepts the sessions that another engine accepts. */
export const sessionsOf =
  (engine: MetadataHttp): SessionVerifier =>
  (view) =>
    engine.verifySession(view, { required: false });

/** A store that cannot be reached. */
export const failingStore: Store = {
  read: () => Promise.reject(new Error("disk on fire")),
  write: () => Promise.reject(new Error("disk on fire")),
};
