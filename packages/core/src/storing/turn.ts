type Schedule = (run: () => void) => unknown;

const { setImmediate } = globalThis as { setImmediate?: Schedule };

/**
 * Runs something after the I/O events that wait in this turn of the event loop have been handled, so that all
 * requests which arrived together are in one batch. If there is no `setImmediate`, a timer of 0 ms serves.
 */
export const afterThisTurn: Schedule = setImmediate ?? ((run) => setTimeout(run, 0));
