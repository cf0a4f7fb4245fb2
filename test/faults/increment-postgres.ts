/** Increments one user's counter in PostgreSQL, 16 at a time, and tells how many were acknowledged and how many refused. */
import { once } from "node:events";
import { createUserMetadata } from "@usermeta/core";
import { postgresStore } from "@usermeta/store-postgres";

const AT_ONCE = 16;

const [connectionString = "", count = "0"] = process.argv.slice(2);
const metadata = createUserMetadata({ store: postgresStore({ connectionString, table: "counter" }) });
let left = Number(count);
let acknowledged = 0;
let refused = 0;

async function caller(): Promise<void> {
  while (left > 0) {
    left -= 1;
    try {
      await metadata.mutateUserMetadata("jane", ({ publicMetadata }) => ({
        publicMetadata: { count: Number(publicMetadata.count ?? 0) + 1 },
      }));
      acknowledged += 1;
    } catch {
      refused += 1;
    }
  }
}

process.send?.("ready");
await once(process, "message");
await Promise.all(Array.from({ length: AT_ONCE }, caller));
await metadata.close();
process.send?.({ acknowledged, refused }, () => process.disconnect());
