const WIDTH = 30;
const EVERY_MS = 100;

/** How far something is. */
export interface Progress {
  /** @param done of `total`, in any unit; without a `total` only the text is shown */
  show(text: string, done?: number, total?: number): void;
  /** Takes the bar away, so that a line can be written. */
  clear(): void;
}

/** A bar on standard error if that is a terminal; nothing elsewhere. */
export const createProgress = (stream: NodeJS.WriteStream = process.stderr): Progress => {
  if (!stream.isTTY) return { show: () => {}, clear: () => {} };
  let shownAt = 0;
  return {
    show(text, done = 0, total = 0) {
      if (Date.now() - shownAt < EVERY_MS) return;
      shownAt = Date.now();
      const part = total > 0 ? Math.min(1, done / total) : 0;
      const filled = Math.round(part * WIDTH);
      const bar =
        total > 0 ? `[${"#".repeat(filled)}${"-".repeat(WIDTH - filled)}] ${Math.floor(part * 100)} % ` : "";
      stream.write(`\r\u001b[K${bar}${text}`);
    },
    clear: () => void stream.write("\r\u001b[K"),
  };
};
