/** Listened to for good: a terminal's Ctrl-C comes twice, once from the terminal and once from what started us. */
export const stopSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, resolve);
  });
