/** What the fault tests have in common: files that go away, engines on them, processes that end. */
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { createUserMetadata, type Store, type UserMetadataEngine } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { onTestFinished } from "vitest";
import { startChild } from "../child-process.ts";

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

/** Starts a file of this folder on a database in a process of its own, which ends with the test at the latest. */
export const start = (file: string, path: string, ...args: readonly string[]): ChildProcess =>
  startChild(join(import.meta.dirname, file), path, ...args);
