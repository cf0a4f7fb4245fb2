/** Our engine as the benchmarks run it. */
import { join } from "node:path";
import { createUserMetadata, jwtSessions, type Store, type UserMetadataEngine } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { AUDIENCE, ISSUER, readUsers, settings, userId } from "./users.ts";

/** An engine on a fresh SQLite file, or another store, in which each user has settings. */
export async function seeded(
  folder: string,
  users: number,
  store: Store = sqliteStore({ path: join(folder, `usermeta-${process.pid}.db`) }),
): Promise<UserMetadataEngine> {
  const metadata = createUserMetadata({
    store,
    sessions: jwtSessions({ issuer: ISSUER, audience: AUDIENCE, keys: readUsers(folder).jwks }),
  });
  await Promise.all(
    Array.from({ length: users }, (_, index) =>
      metadata.updateUserMetadata(userId(index), { unsafeMetadata: settings(index) }),
    ),
  );
  return metadata;
}
