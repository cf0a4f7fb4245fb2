import { existsSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import type { Journal } from "@usermeta/core";
import type { SqlitePathOptions } from "./options.ts";
import type { OwnFiles } from "./own-file.ts";
import { closedFault, storeFault } from "./sqlite-errors.ts";
import { type Answer, type Call, errorOf } from "./thread-messages.ts";
import type { Work } from "./work.ts";

/** What the thread opens. */
export interface ThreadOptions extends SqlitePathOptions {
  /** What messages call the database. */
  readonly where: string;
  /** The files that the store has opened, which must be those that the thread opens. */
  readonly own: OwnFiles;
}

/** The module of the thread; `undefined` if it is not beside this one, as in an app that is bundled to one file. */
export const threadFile = (): string | undefined => {
  // In one piece, which Babel and SWC can compile to CommonJS.
  const url: string | undefined = import.meta.url;
  if (!url?.startsWith("file:")) return undefined;
  const self = fileURLToPath(url);
  const file = join(dirname(self), `sqlite-thread${extname(self)}`);
  return existsSync(file) ? file : undefined;
};

const workerIn = (file: string, options: ThreadOptions): Worker => {
  // Not an import: a bundler would look for the thread's file.
  const threads = process.getBuiltinModule("node:worker_threads");
  // The app's own flags are not for it. This thread has given the warning that Node's SQLite is experimental.
  const execArgv = ["--disable-warning=ExperimentalWarning"];
  try {
    return new threads.Worker(file, { workerData: options, execArgv });
  } catch (error) {
    const todo = "See the cause, or open it with thread: false.";
    throw storeFault(["store_unavailable", "its thread cannot be started", todo], options.where, error);
  }
};

/** How long a thread that has closed its connection may take to end by itself. */
const endTimeoutMs = 1000;

/** The thread's side of calls: what waits for an answer is answered, also if the thread ends. */
class Thread {
  readonly #file: string;
  readonly #options: ThreadOptions;
  readonly #waiting: Map<number, PromiseWithResolvers<unknown>> = new Map();
  #worker: Worker | undefined;
  /** Settles when the thread that was started last has ended. */
  #ended: Promise<void> | undefined;
  #last = 0;
  #isClosed = false;

  constructor(file: string, options: ThreadOptions) {
    this.#file = file;
    this.#options = options;
    this.#worker = this.#start();
  }

  async call<T>(name: Call["name"], ...args: readonly unknown[]): Promise<T> {
    if (this.#isClosed) throw closedFault(this.#options.where);
    this.#worker ??= this.#start();
    const awaited = Promise.withResolvers<unknown>();
    this.#last += 1;
    this.#waiting.set(this.#last, awaited);
    this.#worker.ref();
    this.#worker.postMessage({ id: this.#last, name, args } satisfies Call);
    return (await awaited.promise) as T;
  }

  async close(): Promise<void> {
    const closing = this.#worker && this.call("close");
    this.#isClosed = true;
    // If the thread ends instead of answering, its connection is closed too.
    await Promise.allSettled([closing]);
    const worker = this.#worker;
    if (!worker) return;
    worker.ref();
    const late = setTimeout(() => void worker.terminate(), endTimeoutMs);
    await this.#ended;
    clearTimeout(late);
  }

  #start(): Worker {
    const worker = workerIn(this.#file, this.#options);
    let cause: unknown;
    const fail = (error: unknown): void => {
      cause = error;
      void worker.terminate();
    };
    worker.on("error", fail);
    worker.on("messageerror", fail);
    this.#ended = new Promise((resolve) => {
      worker.on("exit", () => {
        this.#end(cause);
        resolve();
      });
    });
    worker.on("message", (answer: Answer) => this.#settle(worker, answer));
    // At the end: who listens to messages keeps the process running.
    worker.unref();
    return worker;
  }

  #settle(worker: Worker, { id, value, error }: Answer): void {
    const awaited = this.#waiting.get(id);
    this.#waiting.delete(id);
    // An app that has nothing else to do can end.
    if (this.#waiting.size === 0) worker.unref();
    if (error) awaited?.reject(errorOf(error));
    else awaited?.resolve(value);
  }

  /** The next call starts another thread. */
  #end(cause: unknown): void {
    const { where } = this.#options;
    const todo = "A write that was under way may be stored or not; read before you repeat it.";
    const fault = this.#isClosed
      ? closedFault(where)
      : storeFault(["store_unavailable", "the thread that worked on it has ended", todo], where, cause);
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(fault);
    this.#waiting.clear();
  }
}

/**
 * Starts a thread that works on a connection of its own to the file. It does not keep the process running while it has
 * nothing to do.
 * @throws UserMetadataError `store_unavailable` if the runtime does not let it
 */
export const startThread = (file: string, options: ThreadOptions): Work => {
  const thread = new Thread(file, options);
  return {
    write: (changes, options) => thread.call("write", changes, options),
    find: (query) => thread.call("find", query),
    count: () => thread.call("count"),
    journal: <Name extends keyof Journal>(name: Name, ...args: Parameters<Journal[Name]>) =>
      thread.call("journal", name, ...args) as ReturnType<Journal[Name]>,
    close: () => thread.close(),
  };
};
