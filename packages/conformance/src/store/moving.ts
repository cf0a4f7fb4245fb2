import assert from "node:assert/strict";
import { type Change, createUserMetadata, type Store, type UserMetadataEngine } from "@usermeta/core";
import { documentOf, readAll, readOne, type StoreCase, swap, times } from "./store-case.ts";

const writeTogether = async (store: Store, changes: readonly Change[]): Promise<unknown> => {
  assert.ok(store.writeTogether, "The store has no writeTogether().");
  return store.writeTogether(changes);
};

const versionsOf = async (store: Store, userIds: readonly string[]): Promise<(number | undefined)[]> =>
  (await readAll(store, userIds)).map((document) => document?.version);

const countOf = ({ publicMetadata: { count } }: { readonly publicMetadata: { count?: unknown } }): number =>
  Number(count ?? 0);

const add = (metadata: UserMetadataEngine, userId: string): Promise<unknown> =>
  metadata.mutateUserMetadata(userId, (current) => ({ publicMetadata: { count: countOf(current) + 1 } }));

/** What guest has counted is the user's from now on. */
const move = (metadata: UserMetadataEngine): Promise<unknown> =>
  metadata.moveUserMetadata("guest", "user", {
    merge: (from, to) => ({ publicMetadata: { count: countOf(from) + countOf(to) } }),
  });

/** Users who count and move at once; none of what they have counted may be lost, or be there twice. */
const countAndMove = async (engines: readonly UserMetadataEngine[]): Promise<void> => {
  const work = engines.flatMap((metadata) => [
    ...["guest", "user"].flatMap((userId) => times(20).map(() => () => add(metadata, userId))),
    ...times(5).map(() => () => move(metadata)),
  ]);
  await Promise.all(
    times(8).map(async (worker) => {
      for (let index = worker; index < work.length; index += 8) await work[index]?.();
    }),
  );
  const [metadata] = engines;
  assert.ok(metadata);
  await move(metadata);
  const [guest, user] = await Promise.all(["guest", "user"].map((id) => metadata.getUserMetadata(id)));
  assert.ok(guest && user);
  assert.deepEqual([guest.version, countOf(user)], [0, engines.length * 40]);
};

/** Changes that are applied together, or not at all, and what moves a document by that. */
export const MOVING: readonly StoreCase[] = [
  {
    name: "applies changes together: an update and a removal, an insert and a removal",
    needs: "atomic",
    run: async ({ store }) => {
      for (const userId of ["a", "b", "c"]) await swap(store, userId, 0, documentOf(5));
      const update = [
        { userId: "a", expected: 5, next: documentOf(6) },
        { userId: "b", expected: 5, next: null },
      ];
      assert.deepEqual(await writeTogether(store, update), [true, true]);
      const insert = [
        { userId: "d", expected: 0, next: documentOf(7) },
        { userId: "c", expected: 5, next: null },
      ];
      assert.deepEqual(await writeTogether(store, insert), [true, true]);
      assert.deepEqual(await readAll(store, ["a", "b", "c", "d"]), [
        documentOf(6),
        undefined,
        undefined,
        documentOf(7),
      ]);
    },
  },
  {
    name: "applies none of changes that are together if one of them is overtaken, whichever it is",
    needs: "atomic",
    run: async ({ store }) => {
      for (const userId of ["a", "b"]) await swap(store, userId, 0, documentOf(5));
      const changes = (expected: readonly number[]): Change[] => [
        { userId: "a", expected: expected[0] ?? 0, next: documentOf(9) },
        { userId: "b", expected: expected[1] ?? 0, next: null },
        { userId: "c", expected: expected[2] ?? 0, next: documentOf(9) },
      ];
      for (const expected of [
        [4, 5, 0],
        [5, 4, 0],
        [5, 5, 1],
      ])
        assert.deepEqual(await writeTogether(store, changes(expected)), [false, false, false]);
      assert.deepEqual(await versionsOf(store, ["a", "b", "c"]), [5, 5, undefined]);
      assert.deepEqual(await writeTogether(store, changes([5, 5, 0])), [true, true, true]);
      assert.deepEqual(await versionsOf(store, ["a", "b", "c"]), [9, undefined, 9]);
    },
  },
  {
    name: "applies none of changes that are together if one of them has a version that was removed",
    needs: "atomic",
    run: async ({ store }) => {
      await swap(store, "old", 0, documentOf(50));
      await swap(store, "old", 50, null);
      await swap(store, "guest", 0, documentOf(60));
      const to = (version: number): Change[] => [
        { userId: "old", expected: 0, next: documentOf(version) },
        { userId: "guest", expected: 60, next: null },
      ];
      assert.deepEqual(await writeTogether(store, to(50)), [50, false]);
      assert.deepEqual(await versionsOf(store, ["old", "guest"]), [undefined, 60]);
      assert.deepEqual(await writeTogether(store, to(61)), [true, true]);
      assert.equal(await swap(store, "guest", 0, documentOf(60)), 60);
    },
  },
  {
    name: "lets exactly one of 10 that take the same document away win, and tells the others",
    needs: "atomic",
    run: async ({ store }) => {
      await swap(store, "guest", 0, documentOf(5));
      const answers = await Promise.all(
        times(10).map((index) =>
          writeTogether(store, [
            { userId: `user ${index}`, expected: 0, next: documentOf(6) },
            { userId: "guest", expected: 5, next: null },
          ]),
        ),
      );
      const won = answers.map((answer) => JSON.stringify(answer) === "[true,true]");
      assert.equal(won.filter(Boolean).length, 1);
      const there = await versionsOf(
        store,
        times(10).map((index) => `user ${index}`),
      );
      assert.deepEqual(
        there.map((version) => version === 6),
        won,
      );
      assert.equal(await readOne(store, "guest"), undefined);
    },
  },
  {
    name: "loses nothing of users who count and move at once",
    needs: "atomic",
    run: ({ store }) => countAndMove([createUserMetadata({ store })]),
  },
  {
    name: "loses nothing of users who count and move at once through two connections",
    needs: "persistent",
    run: async ({ store, reopen }) => {
      if (!store.writeTogether) return;
      await countAndMove([store, await reopen()].map((each) => createUserMetadata({ store: each })));
    },
  },
];
