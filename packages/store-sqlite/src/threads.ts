import { type Changes, changesOf } from "./changes.ts";
import { commitPace } from "./commit-pace.ts";
import { countedChanges } from "./counted-changes.ts";
import type { Opened } from "./opened.ts";
import { type Work, type WorkHere, workOn } from "./work.ts";

/** What a store is made of. */
export interface Parts {
  readonly work: WorkHere;
  readonly changes: Pick<Changes, "subscribe" | "end">;
}

/** Does everything on this thread. */
export const onThisThread = (opened: Opened, search: readonly string[]): Parts => {
  const changes = changesOf(opened.database, opened.transaction);
  return { work: workOn(opened, search, (written, { swaps }) => changes.wrote(written, swaps)), changes };
};

/** How a second thread is started. */
export interface SecondThread {
  start(): Work;
  /** Whether it works at all times, and not while the disk is slow only. */
  readonly isSteady: boolean;
}

/**
 * Writes and searches on a second thread, at all times or while commits are slow. Reads stay on this one: they wait for
 * no sync, and a message would take longer.
 */
export const onTwoThreads = (opened: Opened, search: readonly string[], second: SecondThread): Parts => {
  const here = onThisThread(opened, search);
  const pace = commitPace();
  let thread = second.isSteady ? second.start() : undefined;
  const isElsewhere = (): boolean => thread !== undefined && (second.isSteady || pace.isSlow);
  const worker = (): Work => (isElsewhere() && thread) || here.work;
  const counted = countedChanges(opened, (changes, options) => worker().write(changes, options));
  const follow = (): void => {
    try {
      if (pace.isSlow) thread ??= second.start();
    } catch {
      // What was written is written; this thread goes on.
    }
  };
  return {
    work: {
      read: here.work.read,
      async write(changes, options) {
        const written = await (isElsewhere() ? counted : here.work).write(changes, options);
        pace.committed(written.commitMs, changes.length);
        follow();
        return written;
      },
      find: (query) => worker().find(query),
      count: () => worker().count(),
      journal: (name, ...args) => worker().journal(name, ...args),
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
        return () => (isElsewhere() ? isLive() : isLiveHere());
      },
      end: () => {
        here.changes.end();
        counted.end();
      },
    },
  };
};
