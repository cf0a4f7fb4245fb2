/** Processes of a test's own. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/**
 * Starts a file in a process of its own, which ends with the test at the latest. What it compiles is kept for the next
 * one: a start then takes a fifth of the time.
 */
export function startChild(file: string, ...args: readonly string[]): ChildProcess {
  const child = fork(file, args, {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), "usermeta-compiled") },
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
