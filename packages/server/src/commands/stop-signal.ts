import { constants } from "node:os";

/** A terminal's Ctrl-C comes twice, from the terminal and from what started us: within this time it is one. In ms. */
const SAME_MS = 1_000;

/** Resolves at the first SIGINT or SIGTERM. Another one, later than a second after it, ends the process at once. */
export const stopSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    let firstAt: number | undefined;
    const heed = (signal: NodeJS.Signals): void => {
      firstAt ??= performance.now();
      if (performance.now() - firstAt > SAME_MS) process.exit(128 + constants.signals[signal]);
      resolve(signal);
    };
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, heed);
  });
