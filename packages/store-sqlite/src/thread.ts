import { existsSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { UserMetadataError } from "@usermeta/core";
import type { SqlitePathOptions } from "./options.ts";
import { closedFault, storeFault } from "./sqlite-errors.ts";
import { type Answer, type Call, errorOf } from "./thread-messages.ts";
import type { Work } from "./work.ts";

/** What the thread opens. */
export interface ThreadOptions extends SqlitePathOptions {
  /** What messages call the database. */
  readonly where: string;
}

/** The module of the thread; `undefined` if it is not beside this one, as in an app that is bundled to one file. */
export const threadFile = (): string | undefined => {
  const { url } = import.meta;
  if (!url?.startsWith("file:")) return undefined;
  const self = fileURLToPath(url);
  const file = join(dirname(self), `sqlite-thread${extname(self)}`);
  return existsSync(file) ? file : undefined;
};

/**
 * Starts a thread that works on a connection of its own to the file. It does not keep the process running while it has
 * nothing to do.
 */
export const startThread = (file: string, options: ThreadOptions): Work => {
  // Not an import: a bundler would look for the thread's file.
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  // Node's warning that its SQLite is experimental has been given by this thread.
  const worker = new Worker(file, {
    workerData: options,
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  worker.unref();
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let last = 0;
  let gone: UserMetadataError | undefined;
  const end = (cause?: unknown): void => {
    gone ??= storeFault(
      ["store_unavailable", "the thread that works on it has ended", "Make a new store with sqliteStore()."],
      options.where,
      cause,
    );
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
  };
  worker.on("error", end);
  worker.on("messageerror", end);
  worker.on("exit", () => end());
  worker.on("message", ({ id, value, error }: Answer) => {
    const awaited = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
    if (error) awaited?.reject(errorOf(error));
    else awaited?.resolve(value);
  });
  const call = <T>(name: Call["name"], ...args: readonly unknown[]): Promise<T> => {
    if (gone) return Promise.reject(gone);
    const awaited = Promise.withResolvers<unknown>();
    last += 1;
    waiting.set(last, awaited);
    if (waiting.size === 1) worker.ref();
    worker.postMessage({ id: last, name, args } satisfies Call);
    return awaited.promise as Promise<T>;
  };
  return {
    read: (userIds) => call("read", userIds),
    write: (changes, isCounted) => call("write", changes, isCounted),
    find: (query) => call("find", query),
    count: () => call("count"),
    async close() {
      const closing = call("close");
      gone ??= closedFault(options.where);
      await closing;
      await worker.terminate();
    },
  };
};
