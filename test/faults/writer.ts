/**
 * Writes until it is killed: 64 callers over 32 users, each write a key of its own. A line on the standard output
 * tells of each write that was acknowledged, at once and without a buffer: user, key.
 */
import { writeSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { createUserMetadata } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";

const CALLERS = 64;
const USERS = 32;

const [path = "", round = ""] = process.argv.slice(2);
const metadata = createUserMetadata({ store: sqliteStore({ path }), limits: { maxTierBytes: 16_000_000 } });

// Node keeps it by itself only where a process ends well.
flushCompileCache();

async function caller(index: number): Promise<never> {
  const userId = `user-${index % USERS}`;
  for (let write = 0; ; write++) {
    const key = `${round}.${index}.${write}`;
    await metadata.updateUserMetadata(userId, { unsafeMetadata: { [key]: write } }, { merge: "shallow" });
    writeSync(1, `${userId} ${key}\n`);
  }
}

await Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index)));
