import type { MetadataDocument } from "../document/document.ts";
import { findAmong } from "./find.ts";
import { memoryJournal } from "./memory-journal.ts";
import type { Change, Store, Swap } from "./store.ts";

/**
 * A store that forgets: for tests, examples and a first try. What it holds is gone with the process and is seen by no
 * other process. A document that it was given is frozen, so that nobody who has it can change what is stored.
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * await metadata.updateUserMetadata("jane", { unsafeMetadata: { theme: "dark" } });
 * console.log((await metadata.getUserMetadata("jane")).unsafeMetadata); // { theme: "dark" }
 * ```
 */
export const memoryStore = (): Store => {
  const stored = new Map<string, MetadataDocument>();
  const journal = memoryJournal();
  let floor = 0;

  const judge = ({ userId, expected, next, ...given }: Change): Swap => {
    const { least = next?.version ?? Number.POSITIVE_INFINITY } = given;
    if ((stored.get(userId)?.version ?? 0) !== expected) return false;
    return expected > 0 || least > floor || floor;
  };
  const apply = (change: Change): void => {
    const { userId, expected, next, greatest = expected } = change;
    journal.add(change);
    if (next === null) {
      floor = Math.max(floor, greatest);
      stored.delete(userId);
    } else stored.set(userId, freeze(next));
  };
  const swap = (change: Change): Swap => {
    const verdict = judge(change);
    if (verdict === true) apply(change);
    return verdict;
  };

  return {
    read: async (userIds) => userIds.map((userId) => stored.get(userId)),
    write: async (changes) => changes.map(swap),
    writeTogether: async (changes) => {
      const verdicts = changes.map(judge);
      if (verdicts.some((verdict) => verdict !== true)) return verdicts.map(notApplied);
      changes.forEach(apply);
      return verdicts;
    },
    find: async (query) => {
      const all = [...stored].map(([userId, document]) => ({ userId, document }));
      return findAmong(all, query);
    },
    count: async () => stored.size,
    journal,
  };
};

const notApplied = (verdict: Swap): Swap => verdict !== true && verdict;

/** What is frozen already is taken to be so to its leaves, as what was stored before is. */
const freeze = <T extends object>(value: T): T => {
  if (Object.isFrozen(value)) return value;
  for (const key of Object.keys(value) as (keyof T)[]) {
    const item = value[key];
    if (typeof item === "object" && item !== null) freeze(item);
  }
  return Object.freeze(value);
};
