import assert from "node:assert/strict";
import type { Store } from "@usermeta/core";
import { entryOf, followAll, journalOf, linesOf, versionsIn, writeEntry } from "./journaling.ts";
import { type StoreCase, times } from "./store-case.ts";

const WRITERS = 4;
const VERSIONS = 40;

/** Writes versions of users of its own and of one that all share, as fast as it can. */
const writeAll = async (store: Store, writer: number): Promise<void> => {
  for (const version of times(VERSIONS)) {
    await Promise.all(times(3).map((index) => writeEntry(store, `${writer} ${index}`, version + 1)));
    await writeEntry(store, "shared", version + 1);
  }
};

/** Follows until so many lines are there. */
const followUntil = async (store: Store, count: number): Promise<readonly string[]> => {
  const seen: string[] = [];
  let after = "";
  while (seen.length < count) {
    const entries = await journalOf(store).follow(after, 5);
    after = entries.at(-1)?.position ?? after;
    seen.push(...entries.map(({ subject, version }) => `${subject}: ${version}`));
    if (entries.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return seen;
};

const checkSeen = (seen: readonly string[], writers: number): void => {
  assert.equal(new Set(seen).size, seen.length);
  const subjects = times(writers).flatMap((writer) => times(3).map((index) => `${writer} ${index}`));
  for (const subject of [...subjects, "shared"])
    assert.deepEqual(
      seen.filter((line) => line.startsWith(`${subject}: `)),
      times(VERSIONS).map((version) => `${subject}: ${version + 1}`),
    );
};

/** Whoever follows sees each line once, and those of a subject in order. */
export const FOLLOWING: readonly StoreCase[] = [
  {
    name: "is followed from the oldest line, and goes on after any position",
    needs: "journaling",
    run: async ({ store }) => {
      assert.deepEqual(await journalOf(store).follow("", 5), []);
      for (const version of times(20))
        await writeEntry(store, version % 2 ? "ada" : "bob", version + 1, {
          expected: version > 1 ? version - 1 : 0,
        });
      const all = await followAll(store, 20);
      const expected = times(20).map((version) => entryOf(version % 2 ? "ada" : "bob", version + 1));
      assert.deepEqual(linesOf(all), expected);
      for (const [index, { position }] of all.entries())
        assert.deepEqual(await followAll(store, 19 - index, position), all.slice(index + 1));
    },
  },
  {
    name: "is followed from its end, before the first line and after it",
    needs: "journaling",
    run: async ({ store }) => {
      const start = await journalOf(store).end();
      assert.deepEqual(await followAll(store, 0, start), []);
      await writeEntry(store, "ada", 1);
      assert.deepEqual(linesOf(await followAll(store, 1, start)), [entryOf("ada", 1)]);
      const end = await journalOf(store).end();
      assert.deepEqual(await followAll(store, 0, end), []);
      await writeEntry(store, "ada", 2);
      assert.deepEqual(linesOf(await followAll(store, 1, end)), [entryOf("ada", 2)]);
    },
  },
  {
    name: "refuses a position that it did not give",
    needs: "journaling",
    run: async ({ store }) => {
      await writeEntry(store, "ada", 1);
      for (const position of ["x", "-1", "1e3", "9".repeat(30), "'; --"])
        await assert.rejects(journalOf(store).follow(position, 5), { code: "query_invalid" });
    },
  },
  {
    name: "shows who follows each line once and in order while others write",
    needs: "journaling",
    run: async ({ store }) => {
      const following = followUntil(store, 3 * VERSIONS + VERSIONS);
      await writeAll(store, 0);
      checkSeen(await following, 1);
    },
  },
  {
    name: "shows who follows each line once and in order while others write through several connections",
    needs: "journaling",
    run: async ({ store, reopen, isPersistent }) => {
      if (!isPersistent) return;
      const others = await Promise.all(times(WRITERS).map(reopen));
      const following = followUntil(store, WRITERS * 3 * VERSIONS + VERSIONS);
      await Promise.all(others.map(writeAll));
      checkSeen(await following, WRITERS);
    },
  },
  {
    name: "trims what is older than a moment, the oldest first, a few at a time",
    needs: "journaling",
    run: async ({ store }) => {
      for (const version of times(30)) await writeEntry(store, "ada", version + 1, { at: 1000 + version });
      const journal = journalOf(store);
      assert.equal(await journal.trim(1000, 5), 0);
      assert.equal(await journal.trim(1012, 5), 5);
      assert.deepEqual((await versionsIn(store, "ada")).at(-1), 6);
      assert.equal(await journal.trim(1012, 10), 7);
      assert.equal(await journal.trim(1012, 10), 0);
      assert.deepEqual(
        await versionsIn(store, "ada"),
        times(18).map((index) => 30 - index),
      );
    },
  },
  {
    name: "trims subjects to their newest lines",
    needs: "journaling",
    run: async ({ store }) => {
      for (const subject of ["ada", "bob", "cat"])
        for (const version of times(12)) await writeEntry(store, subject, version + 1);
      await journalOf(store).trimSubjects(["ada", "cat", "nobody"], 5);
      const counts = ["ada", "bob", "cat"].map(async (subject) => (await versionsIn(store, subject)).length);
      assert.deepEqual(await Promise.all(counts), [5, 12, 5]);
      assert.deepEqual(await versionsIn(store, "cat"), [12, 11, 10, 9, 8]);
    },
  },
  {
    name: "tells who follows from a position that lines after it were trimmed",
    needs: "journaling",
    run: async ({ store }) => {
      for (const version of times(10)) await writeEntry(store, "ada", version + 1);
      const all = await followAll(store, 10);
      const journal = journalOf(store);
      await journal.trim(6, 100);
      const [early, late] = [all[2]?.position ?? "", all[4]?.position ?? ""];
      await assert.rejects(journal.follow(early, 5), { code: "position_trimmed" });
      assert.deepEqual(await followAll(store, 5, late), all.slice(5));
      assert.deepEqual(await followAll(store, 5), all.slice(5));
      await journal.trimSubjects(["ada"], 2);
      await assert.rejects(journal.follow(late, 5), { code: "position_trimmed" });
      assert.deepEqual(await followAll(store, 2, all[7]?.position), all.slice(8));
    },
  },
  {
    name: "keeps erasures when it trims",
    needs: "journaling",
    run: async ({ store }) => {
      await writeEntry(store, "ada", 1);
      const erasure = { digest: "d1", at: 2, body: "{}" };
      const entries = [entryOf("\u0001d1", 2)];
      await store.write([{ userId: "ada", expected: 1, next: null, greatest: 2, entries, erasure }]);
      assert.equal(await journalOf(store).trim(100, 100), 1);
      assert.deepEqual(await followAll(store, 0), []);
      assert.deepEqual(await journalOf(store).erasures("d1"), [erasure]);
    },
  },
];
