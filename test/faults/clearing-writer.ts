/**
 * Writes and clears a few users until it is killed, by a clock that may be wrong. A line on the standard output tells of
 * each document that was acknowledged, at once and without a buffer: user, version.
 */
import { writeSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { createUserMetadata } from "@usermeta/core";
import { postgresStore } from "@usermeta/store-postgres";
import { sqliteStore } from "@usermeta/store-sqlite";

const CALLERS = 16;
const USERS = 4;

const [address = "", clockOffsetMs = "0"] = process.argv.slice(2);
const { now } = Date;
Date.now = () => now() + Number(clockOffsetMs);

const store = address.startsWith("postgres:")
  ? postgresStore({ connectionString: address })
  : sqliteStore({ path: address });
const metadata = createUserMetadata({ store });

// Node keeps it by itself only where a process ends well.
flushCompileCache();

async function caller(index: number): Promise<never> {
  const userId = `user-${index % USERS}`;
  for (let write = 0; ; write++) {
    if ((write + index) % 5 === 0) await metadata.clearUserMetadata(userId);
    else {
      const unsafeMetadata = { [`by ${process.pid} ${index}`]: write };
      const { version } = await metadata.updateUserMetadata(userId, { unsafeMetadata });
      writeSync(1, `${userId} ${version}\n`);
    }
  }
}

await Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index)));
