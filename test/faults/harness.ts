/** What the fault tests have in common: files that go away, engines on them, processes that end. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { createUserMetadata, type Store, type UserMetadataEngine } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { onTestFinished } from "vitest";

/** A file in a folder of its own, both of which are gone after the test. */
export function freshPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "usermeta-faults-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "test.db");
}

/** An engine with room for whatever a fault test writes. */
export const engineOn = (store: Store): UserMetadataEngine =>
  createUserMetadata({ store, limits: { maxTierBytes: 16_000_000 } });

/** A store that lets go of the event loop between a read and what follows, as one over a network does. */
export const slowly = (store: Store): Store => ({
  ...store,
  read: async (userIds) => {
    const documents = await store.read(userIds);
    await setImmediate();
    return documents;
  },
});

/** What is stored for a user, read through a connection that has seen nothing before. */
export async function stored(
  path: string,
  userId: string,
): ReturnType<UserMetadataEngine["getUserMetadata"]> {
  const metadata = engineOn(sqliteStore({ path }));
  try {
    return await metadata.getUserMetadata(userId);
  } finally {
    await metadata.close();
  }
}

/**
 * Starts a file of this folder on a database in a process of its own, which ends with the test at the latest. What it
 * compiles is kept for the next one: a start then takes a fifth of the time.
 */
export function start(file: string, path: string, ...args: readonly string[]): ChildProcess {
  const child = fork(join(import.meta.dirname, file), [path, ...args], {
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
