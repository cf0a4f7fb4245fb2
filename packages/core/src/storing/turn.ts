type Schedule = (run: () => void) => unknown;

const { setImmediate, navigator } = globalThis as {
  setImmediate?: Schedule;
  navigator?: { readonly userAgent?: string };
};

/**
 * Whether the runtime forbids one request to wake another, as Cloudflare's Workers do.
 * https://developers.cloudflare.com/workers/runtime-apis/web-standards/#navigatoruseragent
 */
export const isolatesRequests = (): boolean => navigator?.userAgent === "Cloudflare-Workers";

/**
 * Runs something after the I/O events that wait in this turn of the event loop have been handled, so that all
 * requests which arrived together are in one batch. If there is no `setImmediate`, a timer of 0 ms serves.
 */
const afterThisTurn: Schedule = setImmediate ?? ((run) => setTimeout(run, 0));

/** Calls `run` once for all that ask for it in a turn. */
export type Turns = (run: () => void) => () => void;

/**
 * Turns of the event loop, in the asynchronous context in which the turns were made, whoever asks for one: a context
 * goes with the continuation of an `await`, so a loop that was begun there serves all.
 */
export const ownTurns: Turns = (run) => {
  let isAsked = false;
  let asked = Promise.withResolvers<void>();
  const runOnce = (): void => {
    isAsked = false;
    run();
  };
  const loop = async (): Promise<never> => {
    for (;;) {
      await asked.promise;
      asked = Promise.withResolvers();
      afterThisTurn(runOnce);
    }
  };
  void loop();
  return () => {
    if (isAsked) return;
    isAsked = true;
    asked.resolve();
  };
};

/** What was asked for at once, without anything awaited in between: so it is of one request, in its own context. */
export const requestTurns: Turns = (run) => {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    queueMicrotask(() => {
      isAsked = false;
      run();
    });
  };
};
