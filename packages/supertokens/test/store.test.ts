import { join } from "node:path";
import { testStore } from "@usermeta/conformance/store";
import { createUserMetadata, type MetadataDocument, memoryStore, UserMetadataError } from "@usermeta/core";
import {
  clearUserMetadata,
  getUserMetadata,
  type RecipeInterface,
  updateUserMetadata,
} from "supertokens-node/recipe/usermetadata";
import { beforeEach, describe, expect, test } from "vitest";
import { messageOf, startChild } from "../../../test/child-process.ts";
import { superTokensStore, userMetadataOverride } from "../src/index.ts";
import { startTokens } from "./harness.ts";

/** Users for whom a write waits on its way to the core. */
const held = new Map<string, { readonly arrived: () => void; readonly go: Promise<void> }>();
let original: RecipeInterface | undefined;
/** What the core keeps; each test begins with nothing. */
let kept = memoryStore();
beforeEach(() => {
  kept = memoryStore();
});

const core = await startTokens(
  {},
  {
    override: {
      functions: (implementation) => {
        original = implementation;
        return {
          ...implementation,
          updateUserMetadata: async (input) => {
            const gate = held.get(input.userId);
            gate?.arrived();
            await gate?.go;
            return implementation.updateUserMetadata(input);
          },
        };
      },
    },
  },
  {
    // A real core has no such limits.
    metadata: createUserMetadata({
      store: { read: (userIds) => kept.read(userIds), write: (changes) => kept.write(changes) },
      limits: { maxTierBytes: 1_000_000, maxDepth: 64 },
    }),
  },
);

const documentOf = (version: number, note: string): MetadataDocument => ({
  public: { note },
  private: {},
  unsafe: {},
  claims: [],
  version,
  claimsVersion: 1,
  createdAt: 1,
  updatedAt: version,
});

describe("the contract of stores, in one process", () => {
  const create = () => ({ store: superTokensStore(), reopen: superTokensStore });
  testStore({ test, create, capabilities: ["persistent"] });
});

describe("in a core", () => {
  test("a document stands under one root key, and what else is there stays", async () => {
    const metadata = createUserMetadata({ store: superTokensStore() });
    await updateUserMetadata("beside", { first_name: "Jane" });
    await metadata.updateUserMetadata("beside", { publicMetadata: { plan: "pro" }, claims: ["plan"] });
    expect((await getUserMetadata("beside")).metadata).toMatchObject({
      first_name: "Jane",
      _usermeta: { public: { plan: "pro" }, private: {}, unsafe: {}, claims: ["plan"] },
    });
    await metadata.clearUserMetadata("beside");
    expect((await getUserMetadata("beside")).metadata).toEqual({
      first_name: "Jane",
      _usermeta: { removed: expect.any(Number) },
    });
    await metadata.updateUserMetadata(
      "beside",
      { unsafeMetadata: { list: [null], deep: { a: null } } },
      {
        merge: "shallow",
      },
    );
    await clearUserMetadata("beside");
    expect((await metadata.getUserMetadata("beside")).version).toBe(0);
  });

  test("two engines of one process update one user 200 times each: nothing is lost", async () => {
    const engines = [1, 2].map(() => createUserMetadata({ store: superTokensStore() }));
    const count = () =>
      engines.map((engine) =>
        engine.mutateUserMetadata("counter", ({ privateMetadata: { count = 0 } }) => ({
          privateMetadata: { count: Number(count) + 1 },
        })),
      );
    await Promise.all(Array.from({ length: 200 }, count).flat());
    const { privateMetadata } = await superTokensMetadata("counter");
    expect(privateMetadata).toEqual({ count: 400 });
  });

  test("users whose write the core fails are told so, and those who wrote at once are written", async () => {
    const inner = kept;
    const failure = new UserMetadataError("store_unavailable", "The disk is on fire.");
    const isFailing = (userId: string): boolean => Number(userId.slice(5)) % 4 === 0;
    kept = {
      ...inner,
      write: async (changes) => {
        const swaps = await inner.write(changes.filter(({ userId }) => !isFailing(userId)));
        const left = [...swaps];
        return changes.map(({ userId }) => (isFailing(userId) ? failure : (left.shift() ?? false)));
      },
    };
    const metadata = createUserMetadata({ store: superTokensStore() });
    const users = Array.from({ length: 20 }, (_, index) => `user ${index}`);
    const written = await Promise.allSettled(
      users.map((userId) => metadata.updateUserMetadata(userId, { publicMetadata: { plan: "pro" } })),
    );
    expect(written.map((each) => (each.status === "rejected" ? each.reason.code : "written"))).toEqual(
      users.map((userId) => (isFailing(userId) ? "store_unavailable" : "written")),
    );
    for (const userId of users.filter((each) => !isFailing(each)))
      expect((await metadata.getUserMetadata(userId)).publicMetadata).toEqual({ plan: "pro" });
  });

  test("what is not a document of ours is told, with a digest of the user's id", async () => {
    await updateUserMetadata("strange", { _usermeta: { version: "1" } });
    const failure = expect(superTokensMetadata("strange")).rejects;
    await failure.toMatchObject({
      code: "store_corrupt",
      message: expect.stringMatching(/digest 41b3ab146fd0\b/),
    });
  });

  test("the recipe's override and this store go together: recipe, engine, store, core", async () => {
    if (!original) throw new Error("the recipe was not initialised");
    const metadata = createUserMetadata({ store: superTokensStore() });
    const recipe = userMetadataOverride(metadata)(original);
    const userContext = {} as Parameters<RecipeInterface["getUserMetadata"]>[0]["userContext"];
    const metadataUpdate = { first_name: "Jane" };
    expect(await recipe.updateUserMetadata({ userId: "both", metadataUpdate, userContext })).toEqual({
      status: "OK",
      metadata: metadataUpdate,
    });
    expect((await metadata.getUserMetadata("both")).privateMetadata).toEqual(metadataUpdate);
    expect((await getUserMetadata("both")).metadata).toMatchObject({
      _usermeta: { private: metadataUpdate },
    });
  });
});

// What it cannot promise. A core has no compare-and-swap: between our read and our write another process writes.
test("two processes that write one user at once lose an update that was acknowledged", async () => {
  const other = startChild(join(import.meta.dirname, "swap-process.ts"), core.url);
  await messageOf(other);
  const store = superTokensStore();
  await store.write([{ userId: "torn", expected: 0, next: documentOf(1, "first") }]);

  const arrival = Promise.withResolvers<void>();
  const departure = Promise.withResolvers<void>();
  held.set("torn", { arrived: arrival.resolve, go: departure.promise });
  const ours = store.write([{ userId: "torn", expected: 1, next: documentOf(2, "ours") }]);
  await arrival.promise;
  other.send({ userId: "torn", expected: 1, next: documentOf(2, "theirs") });
  const theirs = await messageOf(other);
  held.delete("torn");
  departure.resolve();

  expect([await ours, theirs]).toEqual([[true], [true]]);
  expect(await store.read(["torn"])).toEqual([documentOf(2, "ours")]);
});

const superTokensMetadata = (userId: string) =>
  createUserMetadata({ store: superTokensStore() }).getUserMetadata(userId);
