import assert from "node:assert/strict";
import type { UserMetadataEngine } from "@usermeta/core";
import { times } from "./store-case.ts";
import { until } from "./subscription.ts";

interface Count {
  readonly userId: string;
  readonly count: number;
  readonly by: UserMetadataEngine;
  readonly at: number;
}

const countOf = async (engine: UserMetadataEngine, userId: string): Promise<number> =>
  Number((await engine.getUserMetadata(userId)).publicMetadata.count ?? 0);

/** Reads what all know to be counted for each user, other than what another engine has counted within the bound. */
const readCounts = async (
  engine: UserMetadataEngine,
  counts: readonly Count[],
  toldWithinMs: number,
): Promise<void> => {
  const before = performance.now() - toldWithinMs;
  const known = counts.filter(({ by, at }) => by === engine || at <= before);
  for (const userId of new Set(known.map((each) => each.userId))) {
    const least = Math.max(...known.filter((each) => each.userId === userId).map(({ count }) => count));
    const count = await countOf(engine, userId);
    assert.ok(count >= least, `Read ${count} for user ${userId}, which was ${least} when the read began.`);
  }
};

/** Each engine counts for a user of its own and for one of all, reads all meanwhile, and in the end all that was counted. */
export const countOn = async (
  engines: readonly UserMetadataEngine[],
  toldWithinMs: number,
): Promise<void> => {
  const counts: Count[] = [];
  const work = async (engine: UserMetadataEngine, index: number): Promise<void> => {
    for (const round of times(50)) {
      await readCounts(engine, counts, toldWithinMs);
      const userId = round % 3 === 0 ? "all" : `own ${index}`;
      const { publicMetadata } = await engine.mutateUserMetadata(userId, ({ publicMetadata: { count } }) => ({
        publicMetadata: { count: Number(count ?? 0) + 1 },
      }));
      counts.push({ userId, count: Number(publicMetadata.count), by: engine, at: performance.now() });
    }
  };
  await Promise.all(engines.map(work));
  const last = Math.max(...counts.map(({ at }) => at));
  await until("the bound is over", async () => {
    const over = performance.now() - last >= toldWithinMs;
    for (const engine of engines) await readCounts(engine, counts, toldWithinMs);
    return over;
  });
};
