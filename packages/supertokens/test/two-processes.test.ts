import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createUserMetadata } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { expect, onTestFinished, test } from "vitest";
import { messageOf, startChild } from "../../../test/child-process.ts";

interface Outcome {
  /** How many updates each process found undone. */
  readonly undone: readonly number[];
  readonly stored: object;
}

/** Two processes update one user through the recipe at the same time. */
async function updateBoth(each: number, how: string): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "usermeta-supertokens-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "test.db");
  const children = ["a", "b"].map((prefix) =>
    startChild(join(import.meta.dirname, "update-process.ts"), path, prefix, `${each}`, how),
  );
  await Promise.all(children.map(messageOf));
  const done = children.map(messageOf);
  for (const child of children) child.send("go");
  const undone = (await Promise.all(done)) as number[];
  const metadata = createUserMetadata({ store: sqliteStore({ path }) });
  const { privateMetadata } = await metadata.getUserMetadata("jane");
  await metadata.close();
  return { undone, stored: privateMetadata };
}

test("2 processes × 2,000 updates of one user through the recipe: nothing is lost", async () => {
  const { undone, stored } = await updateBoth(2000, "swap");
  expect(undone).toEqual([0, 0]);
  const keys = ["a", "b"].flatMap((prefix) => Array.from({ length: 50 }, (_, index) => `${prefix}${index}`));
  expect(stored).toEqual(Object.fromEntries(keys.map((key) => [key, 40])));
});

// That the test above can fail.
test("a store that writes over whatever is there loses updates, and they are found", async () => {
  const { undone } = await updateBoth(2000, "overwrite");
  expect(undone.reduce((sum, each) => sum + each)).toBeGreaterThan(0);
});
