/** A process of an app that keeps its documents in a SuperTokens core: makes the swaps that it is sent. */
import type { Change } from "@usermeta/core";
import { init } from "supertokens-node";
import { init as session } from "supertokens-node/recipe/session";
import { init as userMetadataRecipe } from "supertokens-node/recipe/usermetadata";
import { superTokensStore } from "../src/index.ts";

init({
  telemetry: false,
  supertokens: { connectionURI: process.argv[2] ?? "" },
  appInfo: { appName: "test", apiDomain: "http://localhost:3000", websiteDomain: "http://localhost:3000" },
  recipeList: [session(), userMetadataRecipe()],
});

const store = superTokensStore();
process.on("message", async (change: Change) => {
  process.send?.(await store.write([change]));
});
process.send?.("ready");
