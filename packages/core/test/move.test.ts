import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createUserMetadata, memoryStore, type Store, type UserMetadataOptions } from "../src/index.ts";

const make = (options: Partial<UserMetadataOptions> = {}) =>
  createUserMetadata({ store: memoryStore(), ...options });

describe("moveUserMetadata", () => {
  test("gives a user what a guest had, in every tier, with the flags", async () => {
    const metadata = make();
    const guest = await metadata.updateUserMetadata("guest", {
      publicMetadata: { plan: "trial" },
      privateMetadata: { cart: 7 },
      unsafeMetadata: { theme: "dark" },
      claims: ["plan"],
    });
    const moved = await metadata.moveUserMetadata("guest", "jane");
    expect({ ...moved }).toMatchObject({
      userId: "jane",
      publicMetadata: { plan: "trial" },
      unsafeMetadata: { theme: "dark" },
    });
    expect([moved.privateMetadata, moved.claims]).toEqual([{ cart: 7 }, ["plan"]]);
    expect(moved.version).toBeGreaterThan(guest.version);
    expect(await metadata.getUserMetadata("jane")).toEqual(moved);
    expect((await metadata.getUserMetadata("guest")).version).toBe(0);
  });

  test("keeps what the user has at a root key that both have, and whether that goes into tokens", async () => {
    const metadata = make();
    await metadata.updateUserMetadata("guest", {
      publicMetadata: { plan: "trial", locale: "nb" },
      unsafeMetadata: { view: { rows: 10, dense: true }, theme: "dark" },
      claims: ["plan", "locale"],
    });
    await metadata.updateUserMetadata("jane", {
      publicMetadata: { plan: "pro" },
      unsafeMetadata: { view: { rows: 50 } },
    });
    const { publicMetadata, unsafeMetadata, claims } = await metadata.moveUserMetadata("guest", "jane");
    expect(publicMetadata).toEqual({ plan: "pro", locale: "nb" });
    expect(unsafeMetadata).toEqual({ view: { rows: 50 }, theme: "dark" });
    expect(claims).toEqual(["locale"]);
  });

  test("asks merge if both have metadata; a tier that it leaves out stays the user's", async () => {
    const metadata = make();
    const merge = (from: { unsafeMetadata: object }, to: { unsafeMetadata: object }) => ({
      unsafeMetadata: { all: [from.unsafeMetadata, to.unsafeMetadata] },
    });
    await metadata.updateUserMetadata("guest", { publicMetadata: { a: 1 }, unsafeMetadata: { b: 1 } });
    await metadata.moveUserMetadata("guest", "guest 2", { merge });
    expect((await metadata.getUserMetadata("guest 2")).unsafeMetadata).toEqual({ b: 1 });
    await metadata.updateUserMetadata("jane", { publicMetadata: { c: 1 } });
    const { publicMetadata, unsafeMetadata } = await metadata.moveUserMetadata("guest 2", "jane", { merge });
    expect([publicMetadata, unsafeMetadata]).toEqual([{ c: 1 }, { all: [{ b: 1 }, {}] }]);
  });

  test("may be repeated: of a guest without metadata nothing is moved, and nobody moves to oneself", async () => {
    const metadata = make();
    await metadata.updateUserMetadata("guest", { unsafeMetadata: { a: 1 } });
    const moved = await metadata.moveUserMetadata("guest", "jane");
    expect(await metadata.moveUserMetadata("guest", "jane")).toEqual(moved);
    expect(await metadata.moveUserMetadata("jane", "jane")).toEqual(moved);
    expect((await metadata.moveUserMetadata("nobody", "nobody 2")).version).toBe(0);
  });

  test("removes a guest whose metadata add nothing, and leaves the user's version", async () => {
    const metadata = make();
    await metadata.updateUserMetadata("guest", { unsafeMetadata: { a: 1 } });
    const { version } = await metadata.updateUserMetadata("jane", { unsafeMetadata: { a: 2 } });
    expect((await metadata.moveUserMetadata("guest", "jane")).version).toBe(version);
    expect((await metadata.getUserMetadata("guest")).version).toBe(0);
  });

  test("changes neither if the result is refused, or if merge throws", async () => {
    const metadata = make({ limits: { maxTierBytes: 30 } });
    for (const userId of ["guest", "jane"])
      await metadata.updateUserMetadata(userId, { unsafeMetadata: { [userId]: "x".repeat(12) } });
    const before = await metadata.getUserMetadata("jane");
    await expect(metadata.moveUserMetadata("guest", "jane")).rejects.toMatchObject({
      code: "tier_too_large",
    });
    const merge = () => {
      throw new RangeError("not today");
    };
    await expect(metadata.moveUserMetadata("guest", "jane", { merge })).rejects.toThrow("not today");
    await expect(metadata.moveUserMetadata("", "jane")).rejects.toMatchObject({ code: "user_id_invalid" });
    expect(await metadata.getUserMetadata("jane")).toEqual(before);
    expect((await metadata.getUserMetadata("guest")).version).toBeGreaterThan(0);
    // Nobody is held back any more.
    await metadata.clearUserMetadata("guest");
  });

  test("a store that cannot is told at once, and a signal gives up", async () => {
    const { read, write } = memoryStore();
    const metadata = make({ store: { read, write } });
    await expect(metadata.moveUserMetadata("guest", "jane")).rejects.toMatchObject({
      code: "move_unsupported",
      status: 501,
    });
    const signal = AbortSignal.abort(new Error("gone"));
    await expect(make().moveUserMetadata("guest", "jane", { signal })).rejects.toThrow("gone");
  });

  test("writes of both users that come meanwhile are made on top of it, and close waits for it", async () => {
    const metadata = make();
    await metadata.updateUserMetadata("guest", { unsafeMetadata: { a: 1 } });
    const moving = metadata.moveUserMetadata("guest", "jane");
    const writes = ["guest", "jane"].map((userId) =>
      metadata.updateUserMetadata(userId, { unsafeMetadata: { b: userId } }),
    );
    await Promise.all([metadata.close(), moving, ...writes]);
    const [guest, jane] = await Promise.all(writes);
    expect([guest?.unsafeMetadata, jane?.unsafeMetadata]).toEqual([{ b: "guest" }, { a: 1, b: "jane" }]);
    await expect(metadata.moveUserMetadata("jane", "guest")).rejects.toMatchObject({
      code: "store_unavailable",
    });
  });

  test("goes on after lost swaps and a busy store, and asks merge again", async () => {
    const inner = memoryStore();
    const asked: number[] = [];
    let tries = 0;
    const store: Store = {
      ...inner,
      writeTogether: async (changes) => {
        tries += 1;
        if (tries > 1) return (await inner.writeTogether?.(changes)) ?? [];
        const [current] = await inner.read(["jane"]);
        if (!current || "code" in current) throw new Error("Nothing is stored.");
        // Somebody else is faster.
        const next = { ...current, unsafe: { n: 10 }, version: current.version + 1 };
        await inner.write([{ userId: "jane", expected: current.version, next }]);
        return (await inner.writeTogether?.(changes)) ?? [];
      },
    };
    const metadata = make({ store });
    for (const userId of ["guest", "jane"])
      await metadata.updateUserMetadata(userId, { unsafeMetadata: { n: 1 } });
    const { unsafeMetadata } = await metadata.moveUserMetadata("guest", "jane", {
      merge: (from, to) => {
        asked.push(Number(to.unsafeMetadata.n));
        return { unsafeMetadata: { n: Number(from.unsafeMetadata.n) + Number(to.unsafeMetadata.n) } };
      },
    });
    expect([unsafeMetadata, asked, tries]).toEqual([{ n: 11 }, [1, 10], 2]);
  });

  test("a user who is written all the time does not overtake it", async () => {
    const inner = memoryStore();
    let tries = 0;
    const store: Store = {
      ...inner,
      read: async (userIds) => {
        const documents = await inner.read(userIds);
        // A move is slow, a write is not.
        if (userIds.includes("guest")) for (let turn = 0; turn < 20; turn += 1) await setImmediate();
        return documents;
      },
      writeTogether: async (changes) => {
        tries += 1;
        return (await inner.writeTogether?.(changes)) ?? [];
      },
    };
    const metadata = make({ store });
    await metadata.updateUserMetadata("guest", { publicMetadata: { plan: "pro" } });
    let isMoved = false;
    const writing = (async () => {
      for (let n = 0; !isMoved; n += 1) await metadata.updateUserMetadata("jane", { unsafeMetadata: { n } });
    })();
    try {
      expect((await metadata.moveUserMetadata("guest", "jane")).publicMetadata).toEqual({ plan: "pro" });
    } finally {
      isMoved = true;
      await writing;
    }
    // The first may meet a write that was under way.
    expect(tries).toBeLessThanOrEqual(2);
  });

  test("with a cache, both users are read as they are", async () => {
    const store: Store = { ...memoryStore(), subscribe: () => () => true };
    const metadata = make({ store, cache: { maxUsers: 10 } });
    await metadata.updateUserMetadata("guest", { unsafeMetadata: { a: 1 } });
    for (const userId of ["guest", "jane"]) await metadata.getUserMetadata(userId);
    await metadata.moveUserMetadata("guest", "jane");
    expect((await metadata.getUserMetadata("guest")).version).toBe(0);
    expect((await metadata.getUserMetadata("jane")).unsafeMetadata).toEqual({ a: 1 });
  });

  test("merge runs in the context of its call, and the store in none", async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const inner = memoryStore();
    const see = (): void => void seen.push(storage.getStore());
    const store: Store = {
      ...inner,
      read: (userIds) => {
        see();
        return inner.read(userIds);
      },
      writeTogether: async (changes) => {
        see();
        return (await inner.writeTogether?.(changes)) ?? [];
      },
    };
    const metadata = make({ store });
    for (const userId of ["guest", "jane"])
      await metadata.updateUserMetadata(userId, { unsafeMetadata: { n: userId } });
    seen.length = 0;
    const merge = () => {
      see();
      return {};
    };
    await storage.run("mine", () => metadata.moveUserMetadata("guest", "jane", { merge }));
    expect(seen).toEqual([undefined, "mine", undefined]);
  });
});
