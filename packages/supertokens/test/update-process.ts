/**
 * A process of an app whose recipe is ours: makes so many updates of one user's metadata, and tells how many it found
 * undone. Each caller alone writes its key, so that what it wrote last must still be there when it writes again.
 */
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { createUserMetadata, type MetadataDocument, type Store } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { init } from "supertokens-node";
import { init as session } from "supertokens-node/recipe/session";
import {
  getUserMetadata,
  updateUserMetadata,
  init as userMetadataRecipe,
} from "supertokens-node/recipe/usermetadata";
import { userMetadataOverride } from "../src/index.ts";

const CALLERS = 50;

const [path = "", prefix = "", count = "0", how = "swap"] = process.argv.slice(2);

/** Longer than the other process takes to read and to write. */
const PAUSE_MS = 5;

/** What a store would do that writes whatever version is there, and so slowly that another has written meanwhile. */
const overwriting = (store: Store): Store => ({
  ...store,
  write: async (changes) => {
    await setTimeout(PAUSE_MS);
    const current = await store.read(changes.map(({ userId }) => userId));
    const swapped = await store.write(
      changes.map((change, index) => ({
        ...change,
        expected: (current[index] as MetadataDocument | undefined)?.version ?? 0,
      })),
    );
    await setTimeout(PAUSE_MS);
    return swapped;
  },
});

const store = sqliteStore({ path });
const metadata = createUserMetadata({ store: how === "swap" ? store : overwriting(store) });
init({
  telemetry: false,
  supertokens: { connectionURI: "http://127.0.0.1:1" },
  appInfo: { appName: "test", apiDomain: "http://localhost:3000", websiteDomain: "http://localhost:3000" },
  recipeList: [session(), userMetadataRecipe({ override: { functions: userMetadataOverride(metadata) } })],
});

let undone = 0;

async function caller(key: string, updates: number): Promise<void> {
  for (let update = 1; update <= updates; update += 1) {
    await updateUserMetadata("jane", { [key]: update });
    const { metadata: now } = await getUserMetadata("jane");
    if (now[key] !== update) undone += 1;
  }
}

// All processes begin together.
process.send?.("ready");
await once(process, "message");
await Promise.all(
  Array.from({ length: CALLERS }, (_, index) => caller(`${prefix}${index}`, Number(count) / CALLERS)),
);
await metadata.close();
process.send?.(undone, () => process.disconnect());
