import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type ErrorCode, UserMetadataError } from "@usermeta/core";
import Database from "better-sqlite3";
import { expect, onTestFinished, vi } from "vitest";

export { documentsIn, insert } from "../../../test/insert.ts";

/** A file in a folder of its own, both of which are gone after the test. */
export const freshPath = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "usermeta-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "test.db");
};

export const drivers = [
  { driver: "node:sqlite", connect: (file: string) => new DatabaseSync(file) },
  { driver: "better-sqlite3", connect: (file: string) => new Database(file) },
];

export const threads = [
  { name: "on one thread", thread: false },
  { name: "on two threads", thread: true },
];

const failure = async (work: () => unknown): Promise<UserMetadataError> => {
  try {
    await work();
  } catch (error) {
    if (UserMetadataError.is(error)) return error;
    throw error;
  }
  throw new Error("It did not fail.");
};

/** Fails unless work fails with this code and a message that names the path, or what else is given. */
export const expectFailure = async (
  work: () => unknown,
  { code, named }: { code: ErrorCode; named: string },
): Promise<UserMetadataError> => {
  const error = await failure(work);
  expect(error.code).toBe(code);
  expect(error.message).toContain(named);
  return error;
};

/** The connection that a store opens, in a build of SQLite whose defaults are the unsafe ones. */
export const openedBy = (
  open: () => unknown,
): { readonly database: DatabaseSync; readonly timeouts: readonly unknown[] } => {
  const opened = new Set<DatabaseSync>();
  const timeouts: unknown[] = [];
  const { exec } = DatabaseSync.prototype;
  const spy = vi.spyOn(DatabaseSync.prototype, "exec").mockImplementation(function (this: DatabaseSync, sql) {
    if (!opened.has(this)) exec.call(this, "PRAGMA synchronous = OFF");
    opened.add(this);
    exec.call(this, sql);
    timeouts.push(pragma(this, "busy_timeout"));
  });
  open();
  spy.mockRestore();
  const [database, ...others] = opened;
  if (!database || others.length > 0) throw new Error(`${opened.size} connections were opened, not one`);
  return { database, timeouts };
};

export const pragma = (database: DatabaseSync, name: string): unknown =>
  Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];

/** Runs a module in a process of its own until that ends by itself; resolves to what it sends. */
export const runModule = async (code: string): Promise<unknown> => {
  const file = `${import.meta.dirname}/.${process.pid}-loaded.ts`;
  writeFileSync(file, code);
  const child = fork(file, { execArgv: ["--disable-warning=ExperimentalWarning"], stdio: "inherit" });
  onTestFinished(() => void child.kill("SIGKILL"));
  try {
    let sent: unknown;
    child.once("message", (message) => {
      sent = message;
    });
    expect(await once(child, "exit")).toEqual([0, null]);
    return sent;
  } finally {
    rmSync(file, { force: true });
  }
};
