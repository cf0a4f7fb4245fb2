/** A commit that takes longer holds the event loop for too long, in ms: one change, and what each more may add. */
const SLOW_MS = { one: 1, more: 0.01 };
/** Points for a slow commit; each of the others takes one back. */
const POINTS = 8;
/** As many points as this many slow commits in a row give: a few, as when the log is copied, are not the disk. */
const ENOUGH = 8 * POINTS;

/** Whether the disk is slow, by how long commits take. */
export interface CommitPace {
  readonly isSlow: boolean;
  /** A commit of so many changes took so long. */
  committed(milliseconds: number, changes: number): void;
}

/** Slow from when more than one commit of `POINTS` is slow for a while, until none or few were for a while. */
export const commitPace = (): CommitPace => {
  let points = 0;
  let isSlow = false;
  return {
    get isSlow() {
      return isSlow;
    },
    committed: (milliseconds, changes) => {
      const isLate = milliseconds > SLOW_MS.one + SLOW_MS.more * changes;
      points = isLate ? Math.min(points + POINTS, 2 * ENOUGH) : Math.max(points - 1, 0);
      isSlow = isSlow ? points > 0 : points >= ENOUGH;
    },
  };
};
