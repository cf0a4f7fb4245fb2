import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createUserMetadata, type UserMetadataEngine } from "@usermeta/core";
import { describe, expect, test } from "vitest";
import { sqliteStore } from "../src/index.ts";
import { freshPath, threads } from "./harness.ts";

const USERS = Array.from({ length: 40 }, (_, index) => `user-${index}@example.com`);
const ERASED = USERS.filter((_, index) => index % 3 === 0);

/** How often a text is in the database's file, its log and what else is beside them. */
const countIn = (path: string, text: string): number =>
  readdirSync(dirname(path))
    .map((name) => readFileSync(join(dirname(path), name), "latin1").split(text).length - 1)
    .reduce((sum, count) => sum + count, 0);

/** Notes of many sizes, so that rows move from page to page, and leave them for pages of their own. */
const noteOf = (userId: string, round: number): string =>
  `<${userId}: ${"marker".repeat(1 + ((round * 97) % (round % 5 === 0 ? 1200 : 60)))}>`;

const writeAll = async (metadata: UserMetadataEngine): Promise<void> => {
  for (let round = 0; round < 30; round++)
    await Promise.all(
      USERS.map((userId, index) => {
        if ((round + index) % 11 === 0) return metadata.clearUserMetadata(userId);
        const note = noteOf(userId, round + index);
        return metadata.updateUserMetadata(userId, { privateMetadata: { note } }, { reason: `of ${userId}` });
      }),
    );
};

describe.each(threads)("who was erased, $name", ({ thread }) => {
  test("is in no byte of the file and its log", async () => {
    const path = freshPath();
    const metadata = createUserMetadata({ store: sqliteStore({ path, thread }), history: {} });
    await writeAll(metadata);
    for (const userId of ERASED) {
      expect(countIn(path, userId)).toBeGreaterThan(30);
      await metadata.eraseUserMetadata(userId, { reason: "asked for" });
      expect(countIn(path, userId)).toBe(0);
    }
    const kept = USERS.filter((userId) => !ERASED.includes(userId));
    for (const userId of kept) expect((await metadata.history(userId)).entries.length).toBeGreaterThan(20);
    await metadata.close();
  });
});
