import assert from "node:assert/strict";
import { createUserMetadata, type Store, type UserMetadataEngine, UserMetadataError } from "@usermeta/core";
import { documentOf, readOne, type StoreCase, type StoreContext, swap } from "./store-case.ts";

const CODE = { code: "document_corrupt" };
const PRO = { plan: "pro" };
const NONE = { publicMetadata: {}, privateMetadata: {}, unsafeMetadata: {} };

/** A store in which the document of bob, and of nobody else, cannot be read. */
const damaged = async ({ store, corrupt }: StoreContext): Promise<UserMetadataEngine> => {
  for (const userId of ["ada", "bob", "cat"])
    await swap(store, userId, 0, documentOf(1, { public: PRO, claims: [] }));
  await corrupt("bob");
  return createUserMetadata({ store });
};

const versionOf = async (store: Store, userId: string): Promise<number> =>
  (await readOne(store, userId))?.version ?? 0;

/** A document that cannot be read is the trouble of its own user, and ends when it is replaced or removed. */
export const CORRUPTED: readonly StoreCase[] = [
  {
    name: "answers for a document that cannot be read an error with its version, and for others their documents",
    needs: "corruptible",
    run: async (context) => {
      await damaged(context);
      const whole = documentOf(1, { public: PRO, claims: [] });
      const [ada, bob, cat] = await context.store.read(["ada", "bob", "cat"]);
      assert.deepEqual([ada, cat], [whole, whole]);
      assert.ok(UserMetadataError.is(bob));
      assert.deepEqual([bob.code, bob.details], ["document_corrupt", { version: 1 }]);
    },
  },
  {
    name: "refuses to read and to merge a document that cannot be read, and hinders no other user",
    needs: "corruptible",
    run: async (context) => {
      const metadata = await damaged(context);
      const update = { unsafeMetadata: { theme: "dark" } };
      const refused = [
        metadata.getUserMetadata("bob"),
        metadata.updateUserMetadata("bob", update),
        metadata.updateUserMetadata("bob", update, { merge: "shallow" }),
        metadata.replaceUserMetadata("bob", update),
        metadata.patchUserMetadata("bob", [{ op: "add", path: "/publicMetadata/a", value: 1 }]),
        metadata.mutateUserMetadata("bob", () => NONE),
      ].map((call) => assert.rejects(call, CODE));
      const [ada] = await Promise.all([metadata.updateUserMetadata("ada", update), ...refused]);
      assert.deepEqual(ada.unsafeMetadata, { note: "unsafe 1", theme: "dark" });
      await assert.rejects(readOne(context.store, "bob"), CODE);
    },
  },
  {
    name: "lets a document that cannot be read be replaced, with a greater version",
    needs: "corruptible",
    run: async (context) => {
      const metadata = await damaged(context);
      await assert.rejects(metadata.replaceUserMetadata("bob", NONE, { ifVersion: 7 }), {
        code: "version_mismatch",
      });
      const { version, createdAt, claims } = await metadata.replaceUserMetadata("bob", NONE, {
        ifVersion: 1,
      });
      assert.ok(version > 1 && createdAt !== null);
      assert.deepEqual(claims, []);
      assert.equal(await versionOf(context.store, "bob"), version);
      const update = { publicMetadata: { plan: "pro" } };
      assert.deepEqual((await metadata.updateUserMetadata("bob", update)).publicMetadata, { plan: "pro" });
    },
  },
  {
    name: "applies in order what replaces a document that cannot be read and what merges into it",
    needs: "corruptible",
    run: async (context) => {
      const metadata = await damaged(context);
      const update = { publicMetadata: { plan: "pro" } };
      const [early, , late] = await Promise.allSettled([
        metadata.updateUserMetadata("bob", update),
        metadata.replaceUserMetadata("bob", NONE),
        metadata.updateUserMetadata("bob", update),
      ]);
      assert.deepEqual([early.status, late.status], ["rejected", "fulfilled"]);
      assert.deepEqual((await readOne(context.store, "bob"))?.public, { plan: "pro" });
    },
  },
  {
    name: "lets a document that cannot be read be removed, and gives its version to no other",
    needs: "corruptible",
    run: async (context) => {
      const metadata = await damaged(context);
      await metadata.clearUserMetadata("bob");
      assert.equal(await versionOf(context.store, "bob"), 0);
      const [swapped] = await context.store.write([{ userId: "bob", expected: 0, next: documentOf(1) }]);
      assert.equal(swapped, 1);
    },
  },
  {
    name: "lists past a document that cannot be read, and names its user",
    needs: "corruptible",
    run: async (context) => {
      if (!context.store.find) return;
      const metadata = await damaged(context);
      const { users, corrupt } = await metadata.find();
      assert.deepEqual([users.map(({ userId }) => userId), corrupt], [["ada", "cat"], ["bob"]]);
      const first = await metadata.find({ limit: 2 });
      assert.deepEqual([first.users.length, first.corrupt, first.cursor], [1, ["bob"], "bob"]);
      assert.equal(await context.store.count?.(), 3);
    },
  },
  {
    name: "searches past a document that cannot be read",
    needs: "corruptible",
    run: async (context) => {
      if (!context.store.find) return;
      const metadata = await damaged(context);
      const { users, corrupt } = await metadata.find({ where: PRO });
      assert.deepEqual([users.map(({ userId }) => userId), corrupt], [["ada", "cat"], []]);
    },
  },
];
