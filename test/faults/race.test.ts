import type { MetadataDocument, Store } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { expect, test } from "vitest";
import { engineOn, freshPath, slowly, stored } from "./harness.ts";

const RACES = 1000;

/** Counts the swaps that a store refuses. */
const counting = (store: Store, lost: { swaps: number }): Store => ({
  ...store,
  write: async (changes) => {
    const swapped = await store.write(changes);
    lost.swaps += swapped.filter((each) => !each).length;
    return swapped;
  },
});

test("a user's unsafe write races an admin's private write 1,000 times: neither undoes the other", async () => {
  const path = freshPath();
  const lost = { swaps: 0 };
  const users = engineOn(slowly(counting(sqliteStore({ path }), lost)));
  const admins = engineOn(slowly(counting(sqliteStore({ path }), lost)));
  const undone: number[] = [];
  for (let race = 1; race <= RACES; race++) {
    await Promise.all([
      users.updateUserMetadata("jane", { unsafeMetadata: { race } }),
      admins.updateUserMetadata("jane", { privateMetadata: { race } }),
    ]);
    const { unsafeMetadata, privateMetadata } = await users.getUserMetadata("jane");
    if (unsafeMetadata.race !== race || privateMetadata.race !== race) undone.push(race);
  }
  await Promise.all([users.close(), admins.close()]);
  expect(undone).toEqual([]);
  // They did race: in each of the races both had read before one of them wrote.
  expect(lost.swaps).toBeGreaterThanOrEqual(RACES);
  const { unsafeMetadata, privateMetadata } = await stored(path, "jane");
  expect([unsafeMetadata, privateMetadata]).toEqual([{ race: RACES }, { race: RACES }]);
});

// That the test above can fail: without the swap, the later write carries the other tier as it was read.
test("a store that writes whatever version is stored undoes one of the two", async () => {
  const path = freshPath();
  const blind = (store: Store): Store => ({
    ...store,
    write: async (changes) => {
      const before = await store.read(changes.map(({ userId }) => userId));
      return store.write(
        changes.map((change, index) => ({
          ...change,
          expected: (before[index] as MetadataDocument | undefined)?.version ?? 0,
        })),
      );
    },
  });
  const users = engineOn(slowly(blind(sqliteStore({ path }))));
  const admins = engineOn(slowly(blind(sqliteStore({ path }))));
  await Promise.all([
    users.updateUserMetadata("jane", { unsafeMetadata: { race: 1 } }),
    admins.updateUserMetadata("jane", { privateMetadata: { race: 1 } }),
  ]);
  await Promise.all([users.close(), admins.close()]);
  const { unsafeMetadata, privateMetadata } = await stored(path, "jane");
  expect({ ...unsafeMetadata, ...privateMetadata }).toEqual({ race: 1 });
  expect([unsafeMetadata, privateMetadata]).toContainEqual({});
});
