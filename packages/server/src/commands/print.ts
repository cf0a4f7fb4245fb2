import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Writes texts on standard output as they come. Whoever reads may stop before the end: `usermeta export | head`. */
export const print = (texts: AsyncIterable<string>): Promise<void> =>
  pipeline(Readable.from(texts), process.stdout, { end: false }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
