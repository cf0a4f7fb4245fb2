// A process of its own: told to, opens a store on a database, counts the user's counter up once, and says how it went.
import { once } from "node:events";
import { createUserMetadata } from "@usermeta/core";
import { postgresStore } from "../src/index.ts";

const [connectionString = ""] = process.argv.slice(2);
process.send?.("ready");
await once(process, "message");
const metadata = createUserMetadata({
  store: postgresStore({ connectionString, schema: "app-data", search: ["public"] }),
});
const { publicMetadata } = await metadata.mutateUserMetadata("ada", ({ publicMetadata: { count } }) => ({
  publicMetadata: { count: Number(count ?? 0) + 1 },
}));
await metadata.close();
process.send?.(publicMetadata.count, () => process.disconnect());
