import {
  createUserMetadata,
  jwtSessions,
  memoryStore,
  type TokenIssuer,
  tokenIssuer,
  type UserMetadataEngine,
} from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";

const WHO = { issuer: "usermeta-example", audience: "usermeta-example" };

/** The cookie that the pages know their user by; callers of the API send a bearer token. */
export const SESSION_COOKIE = "session";

const create = (): UserMetadataEngine => {
  const { NEXT_PHASE, USERMETA_DB = "usermeta-example.db", USERMETA_ADMIN_KEY } = process.env;
  // The issuer's key lives in memory: a restart ends all sessions. Pass `keys` to keep them.
  const issuer: TokenIssuer = tokenIssuer(WHO);
  return createUserMetadata({
    // `next build` loads every route; it shall not open the database.
    store: NEXT_PHASE === "phase-production-build" ? memoryStore() : sqliteStore({ path: USERMETA_DB }),
    sessions: jwtSessions({ ...WHO, keys: issuer.jwks, cookie: SESSION_COOKIE }),
    adminKeys: USERMETA_ADMIN_KEY ? [USERMETA_ADMIN_KEY] : [],
    issuer,
    claims: { template: { birthday: "{{public.birthday}}" } },
  });
};

// Next bundles this file more than once, for pages, route handlers and API routes: they share one engine and one key.
const shared = globalThis as { usermetaExample?: UserMetadataEngine };
shared.usermetaExample ??= create();

/** The engine. */
export const metadata: UserMetadataEngine = shared.usermetaExample;
