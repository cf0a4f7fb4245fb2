import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Change, Store } from "@usermeta/core";
import { describe, expect, test } from "vitest";
import { randomFrom } from "../../../test/history.ts";
import { sqliteStore } from "../src/index.ts";
import { freshPath, threads } from "./harness.ts";

/** How often a text is in the database's file and in its log. */
const countIn = (path: string, text: string): number =>
  readdirSync(dirname(path))
    .map((name) => readFileSync(join(dirname(path), name), "latin1").split(text).length - 1)
    .reduce((sum, count) => sum + count, 0);

/** Writes, removes and erases users at random, with rows of many sizes, which SQLite then moves from page to page. */
class Writing {
  readonly #store: Store;
  readonly #random: () => number;
  readonly #versions: Map<string, number> = new Map();
  #clock = 0;

  constructor(store: Store, seed: number) {
    this.#store = store;
    this.#random = randomFrom(seed);
  }

  int(below: number): number {
    return Math.floor(this.#random() * below);
  }

  userId(): string {
    return `<user ${this.int(60)}>`;
  }

  #text(userId: string): string {
    return userId.repeat(1 + this.int(this.int(6) === 0 ? 700 : 20));
  }

  #change(userId: string): Change {
    this.#clock += 1;
    const version = this.#clock;
    const expected = this.#versions.get(userId) ?? 0;
    const content = { public: {}, private: { note: this.#text(userId) }, unsafe: {}, claims: [] };
    const stamps = { version, claimsVersion: version, createdAt: 1, updatedAt: 1 };
    const next = expected > 0 && this.int(10) === 0 ? null : { ...content, ...stamps };
    this.#versions.set(userId, next?.version ?? 0);
    const body = JSON.stringify(this.#text(userId));
    const entries = [{ subject: userId, version, at: version, body }];
    return { userId, expected, next, greatest: version, entries };
  }

  async writeSome(): Promise<void> {
    await this.write(...new Set(Array.from({ length: 1 + this.int(12) }, () => this.userId())));
  }

  async write(...userIds: readonly string[]): Promise<void> {
    const swaps = await this.#store.write(userIds.map((userId) => this.#change(userId)));
    expect(new Set(swaps)).toEqual(new Set([true]));
  }

  async erase(userId: string): Promise<void> {
    this.#clock += 1;
    const version = this.#clock;
    const expected = this.#versions.get(userId) ?? 0;
    this.#versions.delete(userId);
    const erasure = { digest: "d", at: version, body: "{}" };
    const entries = [{ subject: "\u0001d", version, at: version, body: "{}" }];
    const change = { userId, expected, next: null, least: version, greatest: version, entries, erasure };
    expect(await this.#store.write([change])).toEqual([true]);
  }
}

describe.each(threads)("who is erased, $name", ({ thread }) => {
  test("is in no byte of the file and its log", async () => {
    const path = freshPath();
    const store = sqliteStore({ path, thread });
    const writing = new Writing(store, 3);
    for (let round = 0; round < 40; round++) {
      for (let index = 0; index < 20; index++) await writing.writeSome();
      const userId = writing.userId();
      await writing.erase(userId);
      expect(countIn(path, userId)).toBe(0);
    }
    expect(countIn(path, "<user ")).toBeGreaterThan(10_000);
    await store.close();
  });

  test("is in the log while a reader holds that, and in no byte after the next write", async () => {
    const path = freshPath();
    const store = sqliteStore({ path, thread });
    const writing = new Writing(store, 2);
    const userId = writing.userId();
    await writing.write(userId);
    const reader = new DatabaseSync(path);
    reader.exec("BEGIN");
    reader.prepare("SELECT count(*) FROM usermeta_documents").get();
    await writing.erase(userId);
    expect(countIn(path, userId)).toBeGreaterThan(0);
    reader.close();
    await writing.write("<user 99>");
    expect(countIn(path, userId)).toBe(0);
    await store.close();
  });
});
