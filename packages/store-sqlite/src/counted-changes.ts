import type { Swap } from "@usermeta/core";
import type { Changes, Listener } from "./changes.ts";
import { type EncodedChange, versionsOf } from "./documents.ts";
import type { Opened } from "./opened.ts";
import { countRowChanges, rowChanges } from "./row-changes.ts";
import type { Work } from "./work.ts";

/**
 * Tells of what is written through the connection of another thread, and through others'. `PRAGMA data_version` cannot
 * tell these two apart here, so SQLite counts the changes of rows, and each write says which numbers are its own.
 */
export const countedChanges = (
  { database, transaction }: Opened,
  work: Work,
): Pick<Changes, "subscribe" | "end"> & Pick<Work, "write"> => {
  const listeners = new Set<Listener>();
  let isCounted = false;
  /** The number up to which all was told. */
  let told: number | undefined;
  let underWay = 0;
  const tell: Listener = (versions) => {
    for (const changed of listeners) changed(versions);
  };
  const toldOf = (changes: readonly EncodedChange[], swaps: readonly Swap[], counts: Counts): void => {
    const [before, after] = counts ?? [];
    if (before === undefined || before !== told) tell(undefined);
    tell(versionsOf(changes, swaps));
    told = after;
  };

  return {
    subscribe: (changed) => {
      listeners.add(changed);
      told = undefined;
      return () => {
        if (!listeners.has(changed)) return false;
        try {
          if (!isCounted) countRowChanges(database, transaction);
          isCounted = true;
          const now = rowChanges(database);
          if (now === told) return true;
          // Whose changes these are is known when the write has answered.
          if (underWay > 0) return false;
          tell(undefined);
          told = now;
          return true;
        } catch {
          // The read that follows says what is wrong, or waits for the lock.
          return false;
        }
      };
    },
    async write(changes) {
      underWay += 1;
      try {
        const written = await work.write(changes, isCounted);
        toldOf(changes, written.swaps, written.counts);
        return written;
      } finally {
        underWay -= 1;
      }
    },
    end: () => listeners.clear(),
  };
};

type Counts = readonly [before: number, after: number] | undefined;
