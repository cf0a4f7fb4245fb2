import { chdir } from "node:process";
import { sqliteStore } from "../src/index.ts";
import { insert } from "./insert.ts";

const [folder, elsewhere] = [
  "/tmp/usermeta-ep0hHq/test.db/..",
  "/tmp/wt/engine-sqlite/packages/store-sqlite/test",
];
chdir(folder);
const stores = ["test.db", "file:test.db?mode=rw"].map((path) => sqliteStore({ path, thread: true }));
chdir(elsewhere);
const swaps = [];
for (const [index, store] of stores.entries()) swaps.push(await store.write([insert("user " + index)]));
process.send?.(swaps);
process.disconnect?.();
