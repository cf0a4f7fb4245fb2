/** A commit that takes longer holds the event loop for too long, in ms. */
const SLOW_MS = 1;
/** Points for a slow commit; each of the others takes one back. */
const POINTS = 8;
/** As many points as this many slow commits in a row give: a few, as when the log is copied, are not the disk. */
const ENOUGH = 8 * POINTS;

/** Listens to how long commits take, in ms; calls `found` once more than one of `POINTS` is slow for a while. */
export const slowCommits = (found: () => void): ((milliseconds: number) => void) => {
  let points = 0;
  return (milliseconds) => {
    if (points >= ENOUGH) return;
    points = milliseconds > SLOW_MS ? points + POINTS : Math.max(points - 1, 0);
    if (points >= ENOUGH) found();
  };
};
