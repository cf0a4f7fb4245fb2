/**
 * Counts users up until it is killed, with a history: 64 callers over 16 users. A line on the standard output, at once and
 * without a buffer, tells of each increment that was acknowledged: the user.
 */
import { writeSync } from "node:fs";
import { createUserMetadata, UserMetadataError } from "@usermeta/core";
import { postgresStore } from "@usermeta/store-postgres";
import { sqliteStore } from "@usermeta/store-sqlite";

const CALLERS = 64;
const USERS = 16;

const [where = ""] = process.argv.slice(2);
const store = where.startsWith("postgres:")
  ? postgresStore({ connectionString: where })
  : sqliteStore({ path: where });
const metadata = createUserMetadata({ store, history: { maxEntries: 1_000_000 } });

async function caller(index: number): Promise<never> {
  const userId = `user-${index % USERS}`;
  for (;;) {
    try {
      await metadata.mutateUserMetadata(userId, ({ publicMetadata: { count } }) => ({
        publicMetadata: { count: Number(count ?? 0) + 1 },
      }));
      writeSync(1, `${userId}\n`);
    } catch (error) {
      // Of a server that was killed the outcome is not known: it is counted or not, with its entry.
      if (!UserMetadataError.is(error) || error.status < 500) throw error;
    }
  }
}

await Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index)));
