/** A process of an app whose recipe is ours: makes so many updates of one user's metadata, and tells when it has. */
import { once } from "node:events";
import { createUserMetadata } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { init } from "supertokens-node";
import { init as session } from "supertokens-node/recipe/session";
import { updateUserMetadata, init as userMetadataRecipe } from "supertokens-node/recipe/usermetadata";
import { userMetadataOverride } from "../src/index.ts";

const AT_ONCE = 64;

const [path = "", prefix = "", count = "0"] = process.argv.slice(2);

const metadata = createUserMetadata({ store: sqliteStore({ path }), limits: { maxTierBytes: 1_000_000 } });
init({
  telemetry: false,
  supertokens: { connectionURI: "http://127.0.0.1:1" },
  appInfo: { appName: "test", apiDomain: "http://localhost:3000", websiteDomain: "http://localhost:3000" },
  recipeList: [session(), userMetadataRecipe({ override: { functions: userMetadataOverride(metadata) } })],
});

let next = 0;

async function caller(): Promise<void> {
  while (next < Number(count)) {
    const index = next;
    next += 1;
    await updateUserMetadata("jane", { [`${prefix}${index}`]: index });
  }
}

// All processes begin together.
process.send?.("ready");
await once(process, "message");
await Promise.all(Array.from({ length: AT_ONCE }, caller));
await metadata.close();
process.send?.("done", () => process.disconnect());
