/** Increments one user's counter on one file, 64 at a time, and tells how many increments were acknowledged. */
import { once } from "node:events";
import { createUserMetadata, type UserMetadataEngine } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";

const AT_ONCE = 64;

const [path = "", count = "0", how = "atomic"] = process.argv.slice(2);

type Increment = (metadata: UserMetadataEngine) => Promise<unknown>;

const next = ({ publicMetadata }: Awaited<ReturnType<UserMetadataEngine["getUserMetadata"]>>) => ({
  publicMetadata: { count: Number(publicMetadata.count ?? 0) + 1 },
});

const ways: Readonly<Record<string, Increment>> = {
  atomic: (metadata) => metadata.mutateUserMetadata("jane", next),
  /** What one would write without `mutateUserMetadata`. */
  "read, then write": async (metadata) =>
    metadata.updateUserMetadata("jane", next(await metadata.getUserMetadata("jane"))),
};

const increment = ways[how] as Increment;
const metadata = createUserMetadata({ store: sqliteStore({ path }) });
let left = Number(count);
let acknowledged = 0;

async function caller(): Promise<void> {
  while (left > 0) {
    left -= 1;
    await increment(metadata);
    acknowledged += 1;
  }
}

// All processes begin together.
process.send?.("ready");
await once(process, "message");
await Promise.all(Array.from({ length: AT_ONCE }, caller));
await metadata.close();
process.send?.(acknowledged, () => process.disconnect());
