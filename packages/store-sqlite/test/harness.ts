import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Change, type ErrorCode, UserMetadataError } from "@usermeta/core";
import Database from "better-sqlite3";
import { expect, onTestFinished } from "vitest";

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

export const insert = (userId: string, note = "hello"): Change => ({
  userId,
  expected: 0,
  next: {
    public: { note },
    private: {},
    unsafe: {},
    claims: [],
    version: 1,
    claimsVersion: 1,
    createdAt: 1,
    updatedAt: 1,
  },
});

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
