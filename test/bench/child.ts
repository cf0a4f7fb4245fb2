/** What the processes of the benchmarks have in common. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Memory } from "./growth.ts";
import type { Sample } from "./harness.ts";

// The parent is gone: nobody would stop this process any more.
process.on("disconnect", () => process.exit());

function tell(message: unknown): void {
  process.send?.(message);
}

/** Tells the parent where this process serves. */
export const listening: (url: string) => void = tell;

/** Any free port of the loopback interface. */
export const LOCAL = { host: "127.0.0.1", port: 0 };

/** Serves an app, and tells the parent where; its routes are below `path`. */
export function serve(app: RequestListener, path = ""): void {
  const server = createServer(app).listen(LOCAL, () => {
    tell(`http://${LOCAL.host}:${(server.address() as AddressInfo).port}${path}`);
  });
}

/** Tells the parent that this process is ready, and answers each message with what `work` makes of it. */
export function answer<Message>(work: (message: Message) => Promise<unknown>): void {
  process.on("message", (message: Message) => {
    work(message).then(tell, (error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  });
  tell("ready");
}

/** Answers each message with what this process holds. */
export function answerMemory(): void {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  process.on("message", () => {
    const resident = process.memoryUsage.rss();
    collect();
    tell({ heap: process.memoryUsage().heapUsed, resident } satisfies Memory);
  });
}

/** Answers each message with the seconds of processor time that this process has taken, in all its threads. */
export function answerCpuTime(): void {
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    tell((user + system) / 1e6);
  });
}

/** Measures an operation that `callers` callers repeat, each as soon as its last call has ended. */
export function answerMeasurements(callers: number, operation: (call: number) => Promise<unknown>): void {
  let calls = 0;
  answer(async ({ milliseconds }: { milliseconds: number }): Promise<Sample> => {
    const first = calls;
    const start = performance.now();
    const end = start + milliseconds;
    const caller = async (): Promise<void> => {
      while (performance.now() < end) await operation(calls++);
    };
    await Promise.all(Array.from({ length: callers }, caller));
    return { perSecond: ((calls - first) * 1000) / (performance.now() - start), failures: [] };
  });
}
