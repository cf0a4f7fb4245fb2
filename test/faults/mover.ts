/** Moves the documents of guests to users, one after the other, until it is killed. A line tells of each that was acknowledged. */
import { writeSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { createUserMetadata } from "@usermeta/core";
import { postgresStore } from "@usermeta/store-postgres";
import { sqliteStore } from "@usermeta/store-sqlite";

const [address = "", guests = "0", thread] = process.argv.slice(2);
const store = address.startsWith("postgres:")
  ? postgresStore({ connectionString: address })
  : sqliteStore({ path: address, thread: thread === "thread" });
const metadata = createUserMetadata({ store });

// Node keeps it by itself only where a process ends well.
flushCompileCache();

for (let index = 0; index < Number(guests); index++) {
  await metadata.moveUserMetadata(`guest-${index}`, `user-${index}`);
  writeSync(1, `${index}\n`);
}
