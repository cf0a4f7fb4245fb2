/** The module of the thread on which a store writes and searches: it answers each call with a message. */
import { parentPort, workerData } from "node:worker_threads";
import { openPath } from "./opened.ts";
import { checkOwnFiles } from "./own-file.ts";
import { toStoreError } from "./sqlite-errors.ts";
import type { ThreadOptions } from "./thread.ts";
import { type Answer, type Call, toSentError } from "./thread-messages.ts";
import { type Work, workOn } from "./work.ts";

const { where, own, ...options } = workerData as ThreadOptions;
let work: Work | undefined;

const open = (): Work => {
  // Before it is opened, which would make a missing file.
  checkOwnFiles(own, where);
  return workOn({ ...openPath(options, where), own }, options.search ?? []);
};

const answer = async ({ name, args }: Call): Promise<Omit<Answer, "id">> => {
  try {
    if (name === "close" && !work) return {};
    // A file that could not be opened may be there for the next call.
    work ??= open();
    const run = work[name] as (...args: readonly unknown[]) => Promise<unknown>;
    return { value: await run(...args) };
  } catch (error) {
    return { error: toSentError(toStoreError(error, where)) };
  }
};

parentPort?.on("message", async (call: Call) => {
  const answered = await answer(call);
  parentPort?.postMessage({ ...answered, id: call.id } satisfies Answer);
  // It ends by itself: V8 can crash on a thread that is stopped from outside while it compiles.
  if (call.name === "close") parentPort?.close();
});
