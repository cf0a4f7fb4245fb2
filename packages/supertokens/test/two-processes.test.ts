import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createUserMetadata } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { expect, onTestFinished, test } from "vitest";
import { messageOf, startProcess } from "./processes.ts";

test("2 processes × 2,000 updates of one user through the recipe: nothing is lost", async () => {
  const folder = mkdtempSync(join(tmpdir(), "usermeta-supertokens-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "test.db");
  const children = ["a", "b"].map((prefix) => startProcess("update-process.ts", path, prefix, "2000"));
  await Promise.all(children.map(messageOf));
  const done = children.map(messageOf);
  for (const child of children) child.send("go");
  expect(await Promise.all(done)).toEqual(["done", "done"]);

  const metadata = createUserMetadata({ store: sqliteStore({ path }), limits: { maxTierBytes: 1_000_000 } });
  const { privateMetadata } = await metadata.getUserMetadata("jane");
  await metadata.close();
  const all = ["a", "b"].flatMap((prefix) =>
    Array.from({ length: 2000 }, (_, index) => [`${prefix}${index}`, index] as const),
  );
  expect(privateMetadata).toEqual(Object.fromEntries(all));
});
