import { describe, expect, test } from "vitest";
import { Trimmer } from "../src/history/trimmer.ts";
import {
  createUserMetadata,
  type FollowedEntry,
  type Journal,
  type MetadataDocument,
  memoryStore,
  type Store,
  UserMetadataError,
  type UserMetadataOptions,
} from "../src/index.ts";

const make = (options: Partial<UserMetadataOptions> = {}) =>
  createUserMetadata({ store: memoryStore(), history: {}, ...options });

type Metadata = ReturnType<typeof make>;

/** Each in a millisecond of its own, so that the time tells versions apart. */
const setPlan = async (metadata: Metadata, plan: string, userId = "jane"): Promise<number> => {
  const update = { publicMetadata: { plan }, privateMetadata: { note: plan } };
  const { version, updatedAt } = await metadata.updateUserMetadata(userId, update);
  while (Date.now() === updatedAt) await new Promise((resolve) => setTimeout(resolve, 1));
  return version;
};

const journalOf = ({ journal }: Store): Journal => journal as Journal;

/** A store in which what is stored for a user can no longer be read. */
const damaging = (store: Store): { readonly store: Store; damage(): void } => {
  let isDamaged = false;
  const spoil = (document: MetadataDocument | UserMetadataError | undefined) =>
    isDamaged && document && !UserMetadataError.is(document) && document.createdAt > 0
      ? new UserMetadataError("document_corrupt", "It is damaged.", {
          details: { version: document.version },
        })
      : document;
  return {
    store: {
      ...store,
      read: async (userIds) => (await store.read(userIds)).map(spoil),
      write: async (changes) => {
        const swaps = await store.write(changes);
        isDamaged &&= !swaps.includes(true);
        return swaps;
      },
    },
    damage: () => {
      isDamaged = true;
    },
  };
};

describe("an entry", () => {
  test("tells who wrote, why and what, of which what is for servers is not enumerable", async () => {
    const metadata = make();
    await metadata.updateUserMetadata(
      "jane",
      { publicMetadata: { plan: "pro" }, privateMetadata: { seats: 5 }, claims: ["plan"] },
      { by: "billing", reason: "paid" },
    );
    const [entry] = (await metadata.history("jane")).entries;
    expect(JSON.parse(JSON.stringify(entry))).toEqual({
      ...{ action: "update", version: entry?.version, at: entry?.at },
      changes: [{ op: "add", path: "/publicMetadata/plan", value: "pro" }],
    });
    expect(entry?.by).toEqual({ kind: "app", id: "billing", via: "core" });
    expect(entry?.reason).toBe("paid");
    expect(entry?.privateChanges).toEqual([
      { op: "add", path: "/privateMetadata/seats", value: 5 },
      { op: "add", path: "/claims/0", value: "plan" },
    ]);
    expect({ ...entry }).not.toHaveProperty("by");
  });

  test("is made by every method, under the name that the app gives", async () => {
    const metadata = make();
    const by = { by: "tests", reason: "all of them" };
    const { version } = await metadata.updateUserMetadata("jane", { unsafeMetadata: { a: 1 } }, by);
    await metadata.replaceUserMetadata("jane", { unsafeMetadata: { b: 1 } }, by);
    await metadata.patchUserMetadata("jane", [{ op: "add", path: "/unsafeMetadata/c", value: 1 }], by);
    await metadata.mutateUserMetadata("jane", () => ({ unsafeMetadata: { d: 1 } }), by);
    await metadata.rollbackUserMetadata("jane", version, by);
    await metadata.clearUserMetadata("jane", by);
    await metadata.updateUserMetadata("jane", { unsafeMetadata: { e: 1 } }, by);
    await metadata.moveUserMetadata("jane", "joe", by);
    const jane = (await metadata.history("jane")).entries;
    const joe = (await metadata.history("joe")).entries;
    expect(jane.map(({ action }) => action)).toEqual([
      ...["clear", "update", "clear", "rollback", "update", "update", "update", "update"],
    ]);
    expect(joe.map(({ action }) => action)).toEqual(["update"]);
    for (const entry of [...jane, ...joe])
      expect([entry.by.id, entry.reason]).toEqual(["tests", "all of them"]);
  });

  test("names nobody beside the app if the app names nobody", async () => {
    const metadata = make();
    await setPlan(metadata, "free");
    const [entry] = (await metadata.history("jane")).entries;
    expect([entry?.by, entry?.reason]).toEqual([{ kind: "app", id: "app", via: "core" }, undefined]);
  });

  test.each([
    { by: "" },
    { by: "a\nb" },
    { by: 5 as never },
    { reason: "" },
    { reason: "x".repeat(257) },
    { reason: "a\u0000" },
  ])("is refused, and nothing is written, with %o", async (options) => {
    const metadata = make();
    const write = metadata.updateUserMetadata("jane", { publicMetadata: { a: 1 } }, options);
    await expect(write).rejects.toMatchObject({ code: "options_invalid" });
    expect((await metadata.getUserMetadata("jane")).version).toBe(0);
  });

  test("is there for each of many writes in one batch, and of one that is refused there is none", async () => {
    const metadata = make({ limits: { maxTierBytes: 1000 } });
    const writes = Array.from({ length: 50 }, (_, index) =>
      metadata.updateUserMetadata("jane", {
        publicMetadata: { [`k${index}`]: "x".repeat(index === 9 ? 2000 : 1) },
      }),
    );
    const settled = await Promise.allSettled(writes);
    expect(settled.filter(({ status }) => status === "rejected")).toHaveLength(1);
    const { entries } = await metadata.history("jane", { limit: 500 });
    expect(entries).toHaveLength(49);
    for (const [index, { previous }] of entries.entries())
      expect(previous).toBe(entries[index + 1]?.version ?? 0);
  });

  test("is not made without history, which can be read anyway", async () => {
    const store = memoryStore();
    const metadata = createUserMetadata({ store });
    const version = await setPlan(metadata, "free");
    expect(await metadata.history("jane")).toEqual({ entries: [], cursor: undefined });
    expect((await metadata.getUserMetadata("jane", { version })).publicMetadata).toEqual({ plan: "free" });
    expect(metadata.routes.some(({ path }) => path.endsWith("/history"))).toBe(false);
  });
});

describe("the past", () => {
  test("is as it was, at a version and at a moment; its private tier is not enumerable", async () => {
    const metadata = make();
    const version = await setPlan(metadata, "free");
    const { publicMetadata, createdAt, updatedAt } = await metadata.getUserMetadata("jane");
    await setPlan(metadata, "pro");
    await metadata.clearUserMetadata("jane");
    for (const when of [{ version }, { at: version }, { at: new Date(version) }]) {
      const past = await metadata.getUserMetadata("jane", when);
      expect({ ...past }).toEqual({
        ...{ userId: "jane", publicMetadata, unsafeMetadata: {}, version, createdAt, updatedAt },
      });
      expect(past.privateMetadata).toEqual({ note: "free" });
      expect(JSON.stringify(past)).not.toContain("note");
    }
    const cleared = (await metadata.history("jane")).entries[0]?.version ?? 0;
    expect((await metadata.getUserMetadata("jane", { version: cleared })).version).toBe(0);
    expect((await metadata.getUserMetadata("jane", { at: Date.now() })).version).toBe(0);
    expect((await metadata.getUserMetadata("jane", { at: version - 1000 })).version).toBe(0);
  });

  test("is unknown at another's version, and before what is kept", async () => {
    const metadata = make({ history: { keepDays: 1 } });
    await setPlan(metadata, "free");
    const other = await setPlan(metadata, "pro", "joe");
    for (const when of [{ version: 5 }, { version: other + 1000 }, { at: Date.now() - 2 * 86_400_000 }])
      await expect(metadata.getUserMetadata("jane", when)).rejects.toMatchObject({ code: "version_unknown" });
    for (const when of [{ version: Number.NaN }, { at: new Date("x") }, { version: "1" as never }])
      await expect(metadata.getUserMetadata("jane", when)).rejects.toMatchObject({ code: "options_invalid" });
  });

  test("ends where somebody wrote who keeps no history: what is after that is known, what is before is not", async () => {
    const store = memoryStore();
    const [metadata, other] = [make({ store }), createUserMetadata({ store })];
    const first = await setPlan(metadata, "a");
    const second = await setPlan(metadata, "b");
    const silent = await setPlan(other as Metadata, "c");
    const last = await setPlan(metadata, "d");
    const planAt = async (version: number) =>
      (await metadata.getUserMetadata("jane", { version })).publicMetadata?.plan;
    expect([await planAt(last), await planAt(silent)]).toEqual(["d", "c"]);
    for (const version of [first, second])
      await expect(planAt(version)).rejects.toMatchObject({ code: "version_unknown" });
    await other.clearUserMetadata("jane");
    await expect(planAt(last)).rejects.toMatchObject({ code: "version_unknown" });
  });

  test("of tiers that are not kept nobody knows anything", async () => {
    const metadata = make({ history: { tiers: ["public"] } });
    const version = await setPlan(metadata, "free");
    await setPlan(metadata, "pro");
    const past = await metadata.getUserMetadata("jane", { version });
    expect([past.publicMetadata, past.privateMetadata, past.unsafeMetadata]).toEqual([
      { plan: "free" },
      undefined,
      undefined,
    ]);
    const [entry] = (await metadata.history("jane")).entries;
    expect(entry?.privateChanges).toEqual([]);
    const back = await metadata.rollbackUserMetadata("jane", version);
    expect([back.publicMetadata, back.privateMetadata]).toEqual([{ plan: "free" }, { note: "pro" }]);
    const naming = metadata.rollbackUserMetadata("jane", version, { tiers: ["private"] });
    await expect(naming).rejects.toMatchObject({ code: "query_invalid" });
  });

  test("is put back if what is stored cannot be read", async () => {
    const { store, damage } = damaging(memoryStore());
    const metadata = make({ store });
    const first = await setPlan(metadata, "free");
    const second = await setPlan(metadata, "pro");
    damage();
    await expect(metadata.getUserMetadata("jane")).rejects.toMatchObject({ code: "document_corrupt" });
    for (const [version, plan] of [
      [first, "free"],
      [second, "pro"],
    ] as const)
      expect((await metadata.getUserMetadata("jane", { version })).publicMetadata).toEqual({ plan });
    const back = await metadata.rollbackUserMetadata("jane", second);
    expect([back.publicMetadata, back.privateMetadata]).toEqual([{ plan: "pro" }, { note: "pro" }]);
    expect((await metadata.getUserMetadata("jane", { version: back.version })).publicMetadata).toEqual({
      plan: "pro",
    });
    // Of what stood between nobody knows what it was.
    await expect(metadata.getUserMetadata("jane", { version: first })).rejects.toMatchObject({
      code: "version_unknown",
    });
  });

  test("may be over a cache", async () => {
    const store: Store = { ...memoryStore(), subscribe: () => () => true };
    const metadata = make({ store, cache: { maxUsers: 10 } });
    const version = await setPlan(metadata, "free");
    await metadata.getUserMetadata("jane");
    await setPlan(metadata, "pro");
    expect((await metadata.getUserMetadata("jane", { version })).publicMetadata).toEqual({ plan: "free" });
  });
});

describe("diff", () => {
  test("makes one version of another, with the values of before; of the private tier if that is asked for", async () => {
    const metadata = make();
    const first = await setPlan(metadata, "free");
    const { version } = await metadata.updateUserMetadata("jane", {
      publicMetadata: { plan: "pro" },
      privateMetadata: { note: null },
      claims: ["plan"],
    });
    const shown = [{ op: "replace", path: "/publicMetadata/plan", value: "pro", was: "free" }];
    expect(await metadata.diff("jane", first, version)).toEqual(shown);
    const tiers = ["public", "private", "unsafe"] as const;
    const whole = await metadata.diff("jane", first, version, { tiers });
    expect(whole).toEqual([
      ...shown,
      { op: "remove", path: "/privateMetadata/note", was: "free" },
      { op: "add", path: "/claims/0", value: "plan" },
    ]);
    const back = await metadata.rollbackUserMetadata("jane", first);
    expect((await metadata.patchUserMetadata("jane", whole)).publicMetadata).toEqual({ plan: "pro" });
    expect(await metadata.diff("jane", 0, first)).toHaveLength(1);
    expect(await metadata.diff("jane", first, back.version)).toEqual([]);
    await expect(metadata.diff("jane", 1, version)).rejects.toMatchObject({ code: "version_unknown" });
  });

  test("of lists is a patch that a reader can apply", async () => {
    const metadata = make();
    const lists = [[1, 2, 3, 4], [1, 9, 4], [], [5, 6, 7], [0, 5, 6, 8, 7]];
    const versions: number[] = [];
    for (const list of lists)
      versions.push((await metadata.updateUserMetadata("jane", { unsafeMetadata: { list } })).version);
    for (const [from, before] of versions.entries())
      for (const [to, after] of versions.entries()) {
        const patch = await metadata.diff("jane", before, after);
        await metadata.replaceUserMetadata("joe", { unsafeMetadata: { list: lists[from] } });
        const { unsafeMetadata } = await metadata.patchUserMetadata("joe", patch);
        expect(unsafeMetadata).toEqual({ list: lists[to] });
      }
  });
});

describe("rollbackUserMetadata", () => {
  test("keeps limits, and the version that the caller saw", async () => {
    const store = memoryStore();
    const version = (
      await make({ store }).updateUserMetadata("jane", { publicMetadata: { long: "x".repeat(500) } })
    ).version;
    const metadata = make({ store, limits: { maxTierBytes: 400 } });
    await metadata.replaceUserMetadata("jane", { publicMetadata: {} });
    await expect(metadata.rollbackUserMetadata("jane", version)).rejects.toMatchObject({
      code: "tier_too_large",
    });
    const small = await setPlan(metadata, "free");
    await setPlan(metadata, "pro");
    await expect(metadata.rollbackUserMetadata("jane", small, { ifVersion: small })).rejects.toMatchObject({
      code: "version_mismatch",
    });
    expect((await metadata.history("jane")).entries).toHaveLength(4);
  });

  test("goes back to nothing, and writes nothing if that is what there is", async () => {
    const metadata = make();
    await setPlan(metadata, "free");
    await metadata.clearUserMetadata("jane");
    const cleared = (await metadata.history("jane")).entries[0]?.version ?? 0;
    await metadata.rollbackUserMetadata("jane", cleared);
    expect((await metadata.history("jane")).entries).toHaveLength(2);
    await setPlan(metadata, "pro");
    expect((await metadata.rollbackUserMetadata("jane", cleared)).version).toBe(0);
    expect((await metadata.history("jane")).entries[0]).toMatchObject({
      action: "rollback",
      restored: cleared,
    });
  });

  test("puts back the flags of keys that are there", async () => {
    const metadata = make();
    const { version } = await metadata.updateUserMetadata("jane", {
      publicMetadata: { plan: 1 },
      claims: ["plan"],
    });
    await metadata.updateUserMetadata("jane", { publicMetadata: { plan: null } });
    expect((await metadata.rollbackUserMetadata("jane", version)).claims).toEqual(["plan"]);
  });
});

describe("history", () => {
  test("has pages", async () => {
    const metadata = make();
    for (let index = 0; index < 7; index += 1) await setPlan(metadata, `${index}`);
    const first = await metadata.history("jane", { limit: 4 });
    const second = await metadata.history("jane", { limit: 4, cursor: first.cursor });
    expect([first.entries.length, second.entries.length, second.cursor]).toEqual([4, 3, undefined]);
    for (const options of [{ limit: 0 }, { limit: 1.5 }, { cursor: "x" }, { tier: "all" as never }])
      await expect(metadata.history("jane", options)).rejects.toMatchObject({ code: "query_invalid" });
  });

  test("tells of an entry that cannot be read, without a word of it", async () => {
    const store = memoryStore();
    const entries = [{ subject: "jane", version: 5, at: 5, body: "secret {" }];
    await store.write([{ userId: "jane", expected: 0, next: null, least: 5, greatest: 5, entries }]);
    const error = await make({ store })
      .history("jane")
      .catch((caught: Error) => caught);
    expect(error).toMatchObject({ code: "store_corrupt" });
    expect(String(error)).not.toContain("secret");
  });
});

describe("eraseUserMetadata", () => {
  test("leaves nothing of the document and of its history, and a receipt", async () => {
    const store = memoryStore();
    const metadata = make({ store });
    await setPlan(metadata, "free");
    const before = await setPlan(metadata, "pro");
    const receipt = await metadata.eraseUserMetadata("jane", { by: "support", reason: "asked for" });
    expect(receipt).toMatchObject({ entries: 2, by: { id: "support" }, reason: "asked for" });
    expect(receipt.version).toBeGreaterThan(before);
    expect((await metadata.history("jane")).entries).toEqual([]);
    expect(await metadata.erasures("jane")).toEqual([receipt]);
    expect(await metadata.erasures("joe")).toEqual([]);
    const all = JSON.stringify([await journalOf(store).follow("", 100), receipt]);
    expect(all).not.toContain("jane");
    expect(await setPlan(metadata, "new")).toBeGreaterThan(receipt.version);
  });

  test("does not name who erases their own", async () => {
    const store = memoryStore();
    const metadata = make({ store });
    await setPlan(metadata, "free");
    const receipt = await metadata.eraseUserMetadata("jane", { by: "jane" });
    expect(receipt.by.id).toBe("the user");
    expect(JSON.stringify(await journalOf(store).follow("", 100))).not.toContain("jane");
  });

  test("removes what was written before it in the same batch, and not what was written after it", async () => {
    const inner = memoryStore();
    const released = Promise.withResolvers<void>();
    const write: Store["write"] = async (changes) => released.promise.then(() => inner.write(changes));
    const store = { ...inner, write };
    const metadata = make({ store });
    const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
    const first = setPlan(metadata, "first");
    await pause();
    const before = setPlan(metadata, "before");
    const erasing = metadata.eraseUserMetadata("jane");
    await pause();
    const all = Promise.all([erasing, first, before, setPlan(metadata, "after")]);
    released.resolve();
    const [receipt] = await all;
    const { entries } = await metadata.history("jane");
    expect(entries.map(({ previous, changes }) => [previous, changes[0]])).toEqual([
      [0, { op: "add", path: "/publicMetadata/plan", value: "after" }],
    ]);
    expect(entries[0]?.version).toBeGreaterThan(receipt.version);
    expect(JSON.stringify(await journalOf(store).follow("", 100))).not.toContain("before");
  });

  test("erases who has no document any more, who never had one, and whose document cannot be read", async () => {
    const { store, damage } = damaging(memoryStore());
    const metadata = make({ store });
    await setPlan(metadata, "free");
    await metadata.clearUserMetadata("jane");
    expect((await metadata.eraseUserMetadata("jane")).entries).toBe(2);
    expect((await metadata.eraseUserMetadata("nobody")).entries).toBe(0);
    await setPlan(metadata, "free", "joe");
    damage();
    expect((await metadata.eraseUserMetadata("joe")).entries).toBe(1);
    expect((await metadata.getUserMetadata("joe")).version).toBe(0);
  });

  test("erases entries that cannot be read", async () => {
    const store = memoryStore();
    const entries = [{ subject: "jane", version: 5, at: 5, body: "{" }];
    await store.write([{ userId: "jane", expected: 0, next: null, least: 5, greatest: 5, entries }]);
    const metadata = make({ store });
    await expect(metadata.history("jane")).rejects.toMatchObject({ code: "store_corrupt" });
    expect((await metadata.eraseUserMetadata("jane")).entries).toBe(1);
    expect((await metadata.history("jane")).entries).toEqual([]);
  });

  test("erases nothing under a condition that does not hold", async () => {
    const metadata = make();
    const version = await setPlan(metadata, "free");
    const erasing = metadata.eraseUserMetadata("jane", { ifVersion: version - 1 });
    await expect(erasing).rejects.toMatchObject({ code: "version_mismatch" });
    expect((await metadata.history("jane")).entries).toHaveLength(1);
  });

  test("works without history too, for what was kept before", async () => {
    const store = memoryStore();
    await setPlan(make({ store }), "free");
    const metadata = createUserMetadata({ store });
    expect((await metadata.eraseUserMetadata("jane")).entries).toBe(1);
  });
});

test("exportUserMetadata has all that is stored, in plain sight", async () => {
  const metadata = make();
  const version = await setPlan(metadata, "free");
  const whole = JSON.parse(JSON.stringify(await metadata.exportUserMetadata("jane")));
  expect(whole).toMatchObject({
    ...{ userId: "jane", version, publicMetadata: { plan: "free" }, privateMetadata: { note: "free" } },
    history: [{ action: "update", version, by: { id: "app" } }],
  });
  expect(whole.history[0].changes).toHaveLength(2);
});

describe("follow", () => {
  const collect = async (entries: AsyncIterable<FollowedEntry>, count: number): Promise<FollowedEntry[]> => {
    const seen: FollowedEntry[] = [];
    for await (const entry of entries) if (seen.push(entry) === count) break;
    return seen;
  };

  test("begins now, at the oldest entry, or after a position", async () => {
    const metadata = make();
    await setPlan(metadata, "a");
    const fromNow = collect(metadata.follow(), 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await setPlan(metadata, "b", "joe");
    expect((await fromNow).map(({ userId }) => userId)).toEqual(["joe"]);
    const all = await collect(metadata.follow({ after: "" }), 2);
    expect(all.map(({ userId }) => userId)).toEqual(["jane", "joe"]);
    const [first] = all;
    const [next] = await collect(metadata.follow({ after: first?.position }), 1);
    expect(next?.userId).toBe("joe");
  });

  test("tells of an erasure by the digest of its receipt", async () => {
    const metadata = make();
    await setPlan(metadata, "a");
    const { digest } = await metadata.eraseUserMetadata("jane", { by: "support" });
    const [entry] = await collect(metadata.follow({ after: "" }), 1);
    expect(entry).toMatchObject({ action: "erase", userId: undefined, digest, by: { id: "support" } });
  });

  test("ends with its signal, and when the engine is closed", async () => {
    const metadata = make();
    const ending = new AbortController();
    const followed = [collect(metadata.follow({ signal: ending.signal }), 9), collect(metadata.follow(), 9)];
    await new Promise((resolve) => setTimeout(resolve, 20));
    ending.abort();
    expect(await followed[0]).toEqual([]);
    await metadata.close();
    expect(await followed[1]).toEqual([]);
  });

  test("ends without a failure if the store is closed while it is asked", async () => {
    const inner = memoryStore();
    const closed = Promise.withResolvers<never>();
    const asked = Promise.withResolvers<void>();
    const journal: Journal = {
      ...journalOf(inner),
      follow: () => {
        asked.resolve();
        return closed.promise;
      },
    };
    const close = async () => closed.reject(new Error("The store is closed."));
    const metadata = make({ store: { ...inner, journal, close } });
    const following = collect(metadata.follow({ after: "" }), 1);
    await asked.promise;
    await metadata.close();
    expect(await following).toEqual([]);
  });

  test("says so if entries were trimmed that it has not seen, or if its position is invalid", async () => {
    const store = memoryStore();
    const metadata = make({ store });
    for (const plan of ["a", "b", "c"]) await setPlan(metadata, plan);
    const [first] = await collect(metadata.follow({ after: "" }), 1);
    await journalOf(store).trimSubjects(["jane"], 1);
    await expect(collect(metadata.follow({ after: first?.position }), 1)).rejects.toMatchObject({
      code: "position_trimmed",
    });
    await expect(collect(metadata.follow({ after: "x" }), 1)).rejects.toMatchObject({
      code: "query_invalid",
    });
  });
});

describe("trimming", () => {
  test("leaves the newest entries of who has written, and those that are young enough, piece by piece", async () => {
    const store = memoryStore();
    const metadata = make({ store });
    for (let index = 0; index < 30; index += 1) await setPlan(metadata, `${index}`);
    const countOf = async () => (await metadata.history("jane", { limit: 500 })).entries.length;
    const trimmer = new Trimmer(journalOf(store), { keepMs: 3_600_000, maxEntries: 10, tiers: [] });
    expect(await trimmer.piece()).toBe(false);
    expect(await countOf()).toBe(30);
    trimmer.wrote("jane");
    expect(await trimmer.piece()).toBe(false);
    expect(await countOf()).toBe(10);
    const strict = new Trimmer(journalOf(store), { keepMs: -1000, maxEntries: 10, tiers: [] });
    await strict.piece();
    expect(await countOf()).toBe(0);
  });

  test("begins by itself, and keeps no process running", async () => {
    const store = memoryStore();
    const entries = [{ subject: "jane", version: 5, at: 5, body: "{}" }];
    await store.write([{ userId: "jane", expected: 0, next: null, least: 5, greatest: 5, entries }]);
    const metadata = make({ store });
    await expect.poll(() => journalOf(store).follow("", 10)).toEqual([]);
    await metadata.close();
  });
});

describe("options", () => {
  const { journal: _, ...without } = memoryStore();

  test.each([
    [{ keepDays: 0 }, "history.keepDays is 0"],
    [{ keepDays: 36_501 }, "the most is 36500"],
    [{ maxEntries: 1.5 }, "history.maxEntries is 1.5"],
    [{ tiers: [] }, "history.tiers is not a list of tiers"],
    [{ tiers: ["secret"] }, "history.tiers is not a list of tiers"],
    [{ days: 5 }, "history.days is not an option"],
  ])("%o is refused", (history, message) => {
    expect(() => make({ history: history as never })).toThrow(message);
  });

  test("history needs a store with a journal", async () => {
    expect(() => make({ store: without })).toThrow("history needs a store with a journal");
    const metadata = createUserMetadata({ store: without });
    await expect(metadata.history("jane")).rejects.toMatchObject({
      code: "history_unsupported",
      status: 501,
    });
  });
});
