import type { UserMetadataEngine } from "@usermeta/core";
import { initSuperTokens } from "@usermeta/example-supertokens";

const create = (): UserMetadataEngine => {
  const { NEXT_PHASE, USERMETA_DB = "usermeta-example.db" } = process.env;
  const { SUPERTOKENS_CONNECTION_URI = "http://localhost:3567", SUPERTOKENS_API_KEY } = process.env;
  return initSuperTokens("express", {
    // `next build` loads every route; it shall not open the database.
    path: NEXT_PHASE === "phase-production-build" ? ":memory:" : USERMETA_DB,
    connectionURI: SUPERTOKENS_CONNECTION_URI,
    apiKey: SUPERTOKENS_API_KEY,
    apiBasePath: "/api/auth",
  });
};

// Next bundles this file once for each route: they share one engine.
const shared = globalThis as { usermetaExample?: UserMetadataEngine };
shared.usermetaExample ??= create();

/** The engine. Whoever imports it has SuperTokens initialised. */
export const metadata: UserMetadataEngine = shared.usermetaExample;
