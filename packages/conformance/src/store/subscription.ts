import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { Change, Store } from "@usermeta/core";
import { documentOf } from "./store-case.ts";

/** A store that neither tells nor answers `true` for so long will never do so. */
const PATIENCE_MS = 20_000;

export type Versions = ReadonlyMap<string, number> | undefined;

export interface Subscription {
  /** What `changed` was called with. */
  readonly told: readonly Versions[];
  isLive(): boolean;
}

/** What a subscription must be told, among what it is told from the index `since` on. */
export interface Write {
  readonly userId: string;
  readonly version: number;
  readonly since: number;
}

export const subscribeTo = (store: Store, hear: (versions: Versions) => void = () => {}): Subscription => {
  assert.ok(store.subscribe, "The store has no subscribe().");
  const told: Versions[] = [];
  const isLive = store.subscribe((versions) => {
    told.push(versions && new Map(versions));
    hear(versions);
  });
  return { told, isLive };
};

export const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  const startedAt = performance.now();
  while (!(await holds())) {
    assert.ok(performance.now() - startedAt < PATIENCE_MS, `Waited for ${PATIENCE_MS} ms in vain: ${what}.`);
    await turn();
  }
};

export const live = (subscription: Subscription): Promise<void> =>
  until("the answer of subscribe() is true", subscription.isLive);

export const writesOf = (changes: readonly Change[], since: number): Write[] =>
  changes.map(({ userId, next }) => ({ userId, version: next?.version ?? 0, since }));

/** Makes changes that must all be applied. */
export const write = async (
  by: Store,
  changes: readonly Change[],
  { told }: Subscription,
): Promise<Write[]> => {
  const since = told.length;
  assert.deepEqual(
    await by.write(changes),
    changes.map(() => true),
  );
  return writesOf(changes, since);
};

/** Waits until writes that are acknowledged have been told; fails if the answer is `true` too long without it. */
export const hears = async (
  { told, isLive }: Subscription,
  writes: readonly Write[],
  toldWithinMs: number,
): Promise<void> => {
  const acknowledgedAt = performance.now();
  let missing = writes;
  await until("a write is told", () => {
    const late = performance.now() - acknowledgedAt >= toldWithinMs;
    const trusted = isLive();
    missing = missing.filter(
      ({ userId, version, since }) =>
        !told.slice(since).some((versions) => versions === undefined || versions.get(userId) === version),
    );
    const [first] = missing;
    assert.ok(
      first === undefined || !late || !trusted,
      `The answer is true ${toldWithinMs} ms and more after a write, and changed() was not called with version ` +
        `${first?.version} of user ${JSON.stringify(first?.userId)}, nor with undefined.`,
    );
    return first === undefined;
  });
};

/** A change of the one user of a case, from each version to the next; 0 is a removal. */
export const step = (from: number, to: number): Change => ({
  userId: "ada",
  expected: from,
  next: to === 0 ? null : documentOf(to),
});
