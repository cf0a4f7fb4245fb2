import { setImmediate } from "node:timers/promises";
import { UserMetadataError } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { expect, test } from "vitest";
import { engineOn, freshPath, slowly, stored } from "./harness.ts";

test("close() under load: what resolved is durable, what comes after is refused with a code", async () => {
  const path = freshPath();
  const metadata = engineOn(sqliteStore({ path }));
  const acknowledged: string[] = [];
  const refusals: unknown[] = [];
  let closed: Promise<void> | undefined;

  // Each caller goes on until it is refused, so that close() comes while writes wait and are under way.
  const caller = async (index: number): Promise<void> => {
    for (let write = 0; refusals.length === 0; write++) {
      const key = `${index}.${write}`;
      try {
        await metadata.updateUserMetadata("jane", { unsafeMetadata: { [key]: write } });
      } catch (error) {
        refusals.push(error);
        return;
      }
      acknowledged.push(key);
      if (acknowledged.length === 500) closed = metadata.close();
    }
  };
  await Promise.all(Array.from({ length: 64 }, (_, index) => caller(index)));
  await closed;

  expect(refusals.length).toBeGreaterThan(0);
  expect(refusals.map((each) => UserMetadataError.is(each) && each.code)).toEqual(
    refusals.map(() => "store_unavailable"),
  );
  const late = [
    metadata.updateUserMetadata("jane", { unsafeMetadata: { late: true } }),
    metadata.getUserMetadata("jane"),
  ];
  for (const call of late) await expect(call).rejects.toMatchObject({ code: "store_unavailable" });
  await metadata.close();

  const { unsafeMetadata } = await stored(path, "jane");
  expect(acknowledged.filter((key) => !Object.hasOwn(unsafeMetadata, key))).toEqual([]);
  expect(unsafeMetadata).not.toHaveProperty("late");
});

// Requests do not stop coming because a server wants to stop: there is always a write that waits.
test("close() ends although writes go on coming", async () => {
  const path = freshPath();
  const metadata = engineOn(slowly(sqliteStore({ path })));
  let acknowledged = 0;
  let refused = false;
  let closed: Promise<void> | undefined;
  const write = async (): Promise<void> => {
    const outcome = metadata.updateUserMetadata(`user-${acknowledged % 100}`, {
      unsafeMetadata: { acknowledged },
    });
    await outcome.then(
      () => {
        acknowledged += 1;
      },
      () => {
        refused = true;
      },
    );
  };
  while (!refused && acknowledged < 5000) {
    void write();
    if (acknowledged >= 500) closed ??= metadata.close();
    await setImmediate();
  }
  expect(refused).toBe(true);
  await closed;
});
