/** The turn of a task. */
export interface Turn {
  /** Fires if the app gives up on this call, or on all. */
  readonly signal: AbortSignal;
  /** Whether all was given up: what happened before that is of no interest after it. */
  isOver(): boolean;
}

/** Tasks in order, one at a time. */
export interface Queue {
  /** Runs a task after those before it, whatever became of them. */
  run<R>(signal: AbortSignal | undefined, task: (turn: Turn) => Promise<R>): Promise<R>;
  /** Gives up on all tasks; those that come next do not wait for them. */
  reset(): void;
}

export const createQueue = (): Queue => {
  let life = new AbortController();
  let last: Promise<unknown> = Promise.resolve();
  return {
    run(signal, task) {
      const { signal: all } = life;
      const turn = { signal: signal ? AbortSignal.any([all, signal]) : all, isOver: () => all.aborted };
      const done = last.then(() => task(turn));
      last = done.catch(() => undefined);
      return done;
    },
    reset() {
      life.abort();
      life = new AbortController();
      last = Promise.resolve();
    },
  };
};
