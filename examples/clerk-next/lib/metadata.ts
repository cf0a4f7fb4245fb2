import { createUserMetadata, memoryStore, type UserMetadataEngine } from "@usermeta/core";
import { clerkDialect, clerkSessions } from "@usermeta/core/clerk";
import { sqliteStore } from "@usermeta/store-sqlite";

const create = (): UserMetadataEngine => {
  const { NEXT_PHASE, USERMETA_DB = "usermeta-example.db" } = process.env;
  const { CLERK_SECRET_KEY, CLERK_ISSUER, CLERK_JWT_KEY } = process.env;
  // `next build` loads every route; it shall not open the database, and has no keys.
  if (NEXT_PHASE === "phase-production-build") return createUserMetadata({ store: memoryStore() });
  return createUserMetadata({
    store: sqliteStore({ path: USERMETA_DB }),
    sessions: clerkSessions({
      ...(CLERK_ISSUER && { issuer: CLERK_ISSUER }),
      ...(CLERK_JWT_KEY && { jwtKey: CLERK_JWT_KEY }),
    }),
    // What the SDK sends, 16 characters or more. It need not be one of Clerk's.
    adminKeys: [CLERK_SECRET_KEY],
    dialects: [clerkDialect()],
  });
};

// Next bundles this file once for each route: they share one engine.
const shared = globalThis as { usermetaClerkExample?: UserMetadataEngine };
shared.usermetaClerkExample ??= create();

/** The engine. */
export const metadata: UserMetadataEngine = shared.usermetaClerkExample;
