import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Starts a file of this folder in a process of its own, which ends with the test at the latest. */
export function startProcess(file: string, ...args: readonly string[]): ChildProcess {
  const child = fork(join(import.meta.dirname, file), args, {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  });
  return child;
}

/** Waits for a child's next message; fails where the child ends without one. */
export async function messageOf(child: ChildProcess): Promise<unknown> {
  const gone = new AbortController();
  const ended = once(child, "exit", { signal: gone.signal }).then(([code, signal]) => {
    throw new Error(`The child process ended with ${signal ?? code}.`);
  });
  try {
    const [message] = (await Promise.race([once(child, "message"), ended])) as [unknown];
    return message;
  } finally {
    gone.abort();
    ended.catch(() => undefined);
  }
}
