import assert from "node:assert/strict";
import type { Journal, PlacedEntry, Store, StoredEntry, Swap } from "@usermeta/core";
import { documentOf, readOne, type StoreCase, times } from "./store-case.ts";

/** The journal of a store that has one. */
export const journalOf = ({ journal }: Store): Journal => {
  assert.ok(journal, "The store has no journal.");
  return journal;
};

/** A line of the journal, whose body tells whose it is. */
export const entryOf = (subject: string, version: number, at: number = version): StoredEntry => ({
  ...{ subject, version, at },
  body: `{"note":"${subject} ${version}"}`,
});

/** Writes a version of a user, with its line. */
export const writeEntry = async (
  store: Store,
  userId: string,
  version: number,
  { expected = version - 1, at = version }: { readonly expected?: number; readonly at?: number } = {},
): Promise<Swap | undefined> => {
  const next = documentOf(version);
  const [swap] = await store.write([{ userId, expected, next, entries: [entryOf(userId, version, at)] }]);
  return swap;
};

/** The versions of a subject's lines, the newest first. */
export const versionsIn = async (store: Store, subject: string): Promise<readonly number[]> => {
  const all = { subject, before: Number.MAX_SAFE_INTEGER, limit: 1000 };
  return (await journalOf(store).read(all)).map(({ version }) => version);
};

/** How many lines are asked for at once. */
const PAGE = 7;

/**
 * All lines after a position, a few at a time. It waits for so many: a store may hold a line back while others, also of
 * other databases, are writing.
 */
export const followAll = async (store: Store, count: number, after = ""): Promise<readonly PlacedEntry[]> => {
  const found: PlacedEntry[] = [];
  for (;;) {
    const entries = await journalOf(store).follow(found.at(-1)?.position ?? after, PAGE);
    assert.ok(entries.length <= PAGE);
    found.push(...entries);
    if (entries.length > 0) continue;
    if (found.length >= count) return found;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};
/** What lines are without their positions. */
export const linesOf = (entries: readonly PlacedEntry[]): readonly StoredEntry[] =>
  entries.map(({ position: _, ...entry }) => entry);

/** Lines are there if and only if their changes are. */
export const JOURNALING: readonly StoreCase[] = [
  {
    name: "keeps the lines of a change that is applied, and none of one that is not",
    needs: "journaling",
    run: async ({ store }) => {
      assert.equal(await writeEntry(store, "ada", 1), true);
      assert.equal(await writeEntry(store, "ada", 2, { expected: 9 }), false);
      assert.equal(await writeEntry(store, "ada", 3, { expected: 1 }), true);
      assert.deepEqual(await versionsIn(store, "ada"), [3, 1]);
      assert.deepEqual(await journalOf(store).read({ subject: "ada", before: 3, limit: 9 }), [
        entryOf("ada", 1),
      ]);
    },
  },
  {
    name: "keeps the lines of those changes of a mixed write that are applied: inserts, updates, removals",
    needs: "journaling",
    run: async ({ store }) => {
      for (const userId of ["update", "stale", "remove"]) await writeEntry(store, userId, 1);
      const entries = (userId: string): readonly StoredEntry[] => [entryOf(userId, 2), entryOf(userId, 3)];
      const both = [entryOf("both", 4), entryOf("both", 5)];
      const answers = await store.write([
        { userId: "update", expected: 1, next: documentOf(3), entries: entries("update") },
        { userId: "stale", expected: 2, next: documentOf(3), entries: entries("stale") },
        { userId: "insert", expected: 0, next: documentOf(3), least: 2, entries: entries("insert") },
        { userId: "quiet", expected: 0, next: documentOf(3) },
        { userId: "remove", expected: 1, next: null, greatest: 3, entries: entries("remove") },
        { userId: "both", expected: 0, next: null, least: 4, greatest: 5, entries: both },
      ]);
      assert.deepEqual(answers, [true, false, true, true, true, true]);
      const subjects = ["update", "stale", "insert", "quiet", "remove", "both"];
      assert.deepEqual(await Promise.all(subjects.map((subject) => versionsIn(store, subject))), [
        [3, 2, 1],
        [1],
        [3, 2],
        [],
        [3, 2, 1],
        [5, 4],
      ]);
    },
  },
  {
    name: "keeps the lines of an insert whose version was removed before in none",
    needs: "journaling",
    run: async ({ store }) => {
      await writeEntry(store, "ada", 5, { expected: 0 });
      await store.write([
        { userId: "ada", expected: 5, next: null, greatest: 8, entries: [entryOf("ada", 8)] },
      ]);
      assert.equal(await writeEntry(store, "ada", 8, { expected: 0 }), 8);
      assert.equal(await writeEntry(store, "ada", 9, { expected: 0 }), true);
      assert.deepEqual(await versionsIn(store, "ada"), [9, 8, 5]);
    },
  },
  {
    name: "keeps the lines of changes that are together, or of none of them",
    needs: "journaling",
    run: async ({ store }) => {
      if (!store.writeTogether) return;
      await writeEntry(store, "guest", 1);
      const changes = (expected: number) => [
        { userId: "user", expected: 0, next: documentOf(3), entries: [entryOf("user", 3)] },
        { userId: "guest", expected, next: null, greatest: 2, entries: [entryOf("guest", 2)] },
      ];
      assert.deepEqual(await store.writeTogether(changes(9)), [false, false]);
      assert.deepEqual([await versionsIn(store, "user"), await versionsIn(store, "guest")], [[], [1]]);
      assert.deepEqual(await store.writeTogether(changes(1)), [true, true]);
      assert.deepEqual([await versionsIn(store, "user"), await versionsIn(store, "guest")], [[3], [2, 1]]);
    },
  },
  {
    name: "reads the lines of a subject in pages, the newest first",
    needs: "journaling",
    run: async ({ store }) => {
      for (const version of times(25)) await writeEntry(store, "ada", version + 1);
      await writeEntry(store, "ad", 1);
      await writeEntry(store, "adam", 1);
      const page = (before: number) => journalOf(store).read({ subject: "ada", before, limit: 10 });
      assert.deepEqual(
        await page(26),
        times(10).map((index) => entryOf("ada", 25 - index)),
      );
      assert.deepEqual(
        await page(6),
        times(5).map((index) => entryOf("ada", 5 - index)),
      );
      assert.deepEqual(await page(1), []);
    },
  },
  {
    name: "keeps bodies as they are, to the byte, and users' ids of any kind",
    needs: "journaling",
    run: async ({ store }) => {
      const subject = 'jane.doe+é😀"\\%_{},@example.com';
      const body = String.raw`{ "b":1.50,  "a":"\"\\\u00e9😀{}',$1 NULL \n" , "1":[{},[ ]]}`;
      const at = 1_700_000_000_123;
      const entry = { subject, version: 2 ** 52, at, body };
      await store.write([{ userId: subject, expected: 0, next: documentOf(2 ** 52), entries: [entry] }]);
      assert.deepEqual(await journalOf(store).read({ subject, before: 2 ** 53 - 1, limit: 1 }), [entry]);
      assert.deepEqual(linesOf(await followAll(store, 1)), [entry]);
    },
  },
  {
    name: "leaves out a line of a version of which there is one",
    needs: "journaling",
    run: async ({ store }) => {
      await writeEntry(store, "ada", 5, { expected: 0 });
      const again = { ...entryOf("ada", 5), body: "{}" };
      const entries = [again, entryOf("ada", 6)];
      assert.deepEqual(await store.write([{ userId: "ada", expected: 5, next: documentOf(6), entries }]), [
        true,
      ]);
      assert.deepEqual(linesOf(await followAll(store, 2)), [entryOf("ada", 5), entryOf("ada", 6)]);
    },
  },
  {
    name: "shows another connection the lines of what was acknowledged",
    needs: "journaling",
    run: async ({ store, reopen, isPersistent }) => {
      if (!isPersistent) return;
      await writeEntry(store, "ada", 1);
      const other = await reopen();
      assert.deepEqual(linesOf(await followAll(other, 1)), [entryOf("ada", 1)]);
      await writeEntry(other, "ada", 2);
      assert.deepEqual(await versionsIn(store, "ada"), [2, 1]);
      assert.equal(await journalOf(other).salt(), await journalOf(store).salt());
    },
  },
  {
    name: "has a salt that is long, and stays the same",
    needs: "journaling",
    run: async ({ store }) => {
      const salt = await journalOf(store).salt();
      assert.match(salt, /^.{32,}$/);
      assert.equal(await journalOf(store).salt(), salt);
    },
  },
  {
    name: "removes the lines of who is erased with the document, and keeps the erasure and the line in its place",
    needs: "journaling",
    run: async ({ store }) => {
      for (const version of [1, 2])
        for (const userId of ["ada", "bob"]) await writeEntry(store, userId, version);
      const erasure = { digest: "d1", at: 3, body: '{"versions":[1,2]}' };
      const entries = [entryOf("\u0001d1", 3)];
      const change = { userId: "ada", next: null, greatest: 3, entries, erasure };
      assert.deepEqual(await store.write([{ ...change, expected: 1 }]), [false]);
      assert.deepEqual(await versionsIn(store, "ada"), [2, 1]);
      assert.deepEqual(await journalOf(store).erasures("d1"), []);
      assert.deepEqual(await store.write([{ ...change, expected: 2 }]), [true]);
      assert.equal(await readOne(store, "ada"), undefined);
      assert.deepEqual(await journalOf(store).erasures("d1"), [erasure]);
      assert.deepEqual(await journalOf(store).erasures("d"), []);
      assert.deepEqual(linesOf(await followAll(store, 3)), [
        entryOf("bob", 1),
        entryOf("bob", 2),
        ...entries,
      ]);
      assert.equal(await writeEntry(store, "ada", 3, { expected: 0 }), 3);
    },
  },
  {
    name: "erases who has lines and no document, again and again",
    needs: "journaling",
    run: async ({ store }) => {
      await writeEntry(store, "ada", 1);
      await store.write([
        { userId: "ada", expected: 1, next: null, greatest: 2, entries: [entryOf("ada", 2)] },
      ]);
      for (const at of [3, 4]) {
        const erasure = { digest: "d1", at, body: "{}" };
        const change = { userId: "ada", expected: 0, next: null, least: at, greatest: at, erasure };
        assert.deepEqual(await store.write([{ ...change, entries: [entryOf("\u0001d1", at)] }]), [true]);
      }
      assert.deepEqual(await versionsIn(store, "ada"), []);
      assert.deepEqual(
        (await journalOf(store).erasures("d1")).map(({ at }) => at),
        [3, 4],
      );
      assert.equal(await writeEntry(store, "ada", 4, { expected: 0 }), 4);
    },
  },
];
