import { type Changes, changesOf } from "./changes.ts";
import { countedChanges } from "./counted-changes.ts";
import type { Opened } from "./opened.ts";
import { slowCommits } from "./slow-commits.ts";
import { type Work, type WorkHere, workOn } from "./work.ts";

/** What a store is made of. */
export interface Parts {
  readonly work: WorkHere;
  readonly changes: Pick<Changes, "subscribe" | "end">;
}

/** Does everything on this thread. `committed` is told how long each commit held it, in ms. */
export const onThisThread = (
  opened: Opened,
  search: readonly string[],
  committed?: (milliseconds: number) => void,
): Parts => {
  const changes = changesOf(opened.database, opened.transaction);
  const work = workOn(opened, search, (written, swaps, commitMs) => {
    changes.wrote(written, swaps);
    committed?.(commitMs);
  });
  return { work, changes };
};

/** How a second thread is started. */
export interface SecondThread {
  start(): Work;
  /** Whether it works from the beginning. */
  readonly atOnce: boolean;
}

/**
 * Writes and searches on a second thread: from the beginning, or from when commits turn out to be slow. Reads stay on
 * this one: they wait for no sync, and a message would take longer.
 */
export const onTwoThreads = (
  opened: Opened,
  search: readonly string[],
  { start, atOnce }: SecondThread,
): Parts => {
  let thread: Work | undefined;
  const takeOver = (): void => {
    try {
      thread ??= start();
    } catch {
      // What was written is written; this thread goes on.
    }
  };
  if (atOnce) thread = start();
  const here = onThisThread(opened, search, slowCommits(takeOver));
  const worker = (): Work => thread ?? here.work;
  const counted = countedChanges(opened, (changes, isCounted) => worker().write(changes, isCounted));
  return {
    work: {
      read: here.work.read,
      write: (changes) => (thread ? counted : here.work).write(changes),
      find: (query) => worker().find(query),
      count: () => worker().count(),
      async close() {
        // The last one to close the file copies what is in its log, which is for the thread to do.
        await here.work.close();
        await thread?.close();
      },
    },
    changes: {
      subscribe: (changed) => {
        const isLiveHere = here.changes.subscribe(changed);
        const isLive = counted.subscribe(changed);
        return () => (thread ? isLive() : isLiveHere());
      },
      end: () => {
        here.changes.end();
        counted.end();
      },
    },
  };
};
