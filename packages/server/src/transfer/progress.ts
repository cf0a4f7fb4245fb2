import { SingleBar } from "cli-progress";

const MAX_BAR = 30;
/** What stands beside the bar at most: its percentage, and a text. */
const BESIDE = 34;
const COLUMNS = 80;

/** How far something is. */
export interface Progress {
  /** @param done of `total`, in any unit; without a `total` only the text is shown */
  show(text: string, done?: number, total?: number): void;
  /** Takes the bar away, so that a line can be written. */
  clear(): void;
}

/** A bar on standard error if that is a terminal, no wider than it is; nothing elsewhere. */
export const createProgress = (stream: NodeJS.WriteStream = process.stderr): Progress => {
  let bar: SingleBar | undefined;
  const start = (text: string, total: number): SingleBar => {
    const barsize = Math.max(0, Math.min(MAX_BAR, (stream.columns || COLUMNS) - BESIDE));
    const format = total > 0 ? `${barsize > 0 ? "[{bar}] " : ""}{percentage} % {text}` : "{text}";
    const made = new SingleBar({
      stream,
      format,
      barsize,
      barCompleteChar: "#",
      barIncompleteChar: "-",
      clearOnComplete: true,
      // It would take the signals of a command that is stopped.
      gracefulExit: false,
      linewrap: true,
    });
    made.start(total, 0, { text });
    return made;
  };
  return {
    show(text, done = 0, total = 0) {
      if (!stream.isTTY) return;
      bar ??= start(text, total);
      bar.update(Math.min(done, total), { text });
    },
    clear() {
      bar?.stop();
      bar = undefined;
    },
  };
};
