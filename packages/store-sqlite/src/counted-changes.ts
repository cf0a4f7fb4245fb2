import type { Changes, Listener } from "./changes.ts";
import { versionsOf } from "./documents.ts";
import type { EncodedChange } from "./lines.ts";
import type { Opened } from "./opened.ts";
import { rowChangesOn } from "./row-changes.ts";
import type { Work, Written } from "./work.ts";

/**
 * Tells of what is written through the connection of another thread, and through others'. `PRAGMA data_version` cannot
 * tell these two apart here, so SQLite counts the changes of rows, and each write says which numbers are its own.
 */
export const countedChanges = (
  { database, transaction }: Opened,
  write: Work["write"],
): Pick<Changes, "subscribe" | "end"> & Pick<Work, "write"> => {
  const listeners = new Set<Listener>();
  const rowChanges = rowChangesOn(database);
  let isCounted = false;
  /** The number up to which all was told. */
  let told: number | undefined;
  let underWay = 0;
  const tell: Listener = (versions) => {
    for (const changed of listeners) changed(versions);
  };
  const wrote = (changes: readonly EncodedChange[], { swaps, counts }: Written): void => {
    if (!counts || counts[0] !== told) tell(undefined);
    tell(versionsOf(changes, swaps));
    told = counts?.[1];
    isCounted = counts !== undefined;
  };
  const isLive = (): boolean => {
    if (!isCounted) {
      transaction("BEGIN IMMEDIATE", rowChanges.begin);
      isCounted = true;
    }
    const now = rowChanges.count();
    if (now === told) return true;
    // Whose changes these are is known when the write has answered.
    if (underWay > 0) return false;
    tell(undefined);
    told = now;
    return true;
  };

  return {
    subscribe: (changed) => {
      listeners.add(changed);
      told = undefined;
      return () => {
        try {
          return listeners.has(changed) && isLive();
        } catch {
          // The read that follows says what is wrong, or waits for the lock.
          return false;
        }
      };
    },
    async write(changes, options) {
      underWay += 1;
      try {
        const written = await write(changes, { ...options, isCounted: listeners.size > 0 });
        wrote(changes, written);
        return written;
      } finally {
        underWay -= 1;
      }
    },
    end: () => listeners.clear(),
  };
};
