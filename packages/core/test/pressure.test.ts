import { describe, expect, test } from "vitest";
import {
  type Change,
  createUserMetadata,
  type MetadataDocument,
  memoryStore,
  type StandardSchema,
  type Store,
  type Swap,
  UserMetadataError,
} from "../src/index.ts";

const forever = <T>(): Promise<T> => new Promise(() => undefined);
const pro = { publicMetadata: { plan: "pro" } };

/** A memory store whose answers a test decides; it counts what it is asked. */
const scriptedStore = () => {
  const inner = memoryStore();
  const script: {
    read?: ((userIds: readonly string[]) => ReturnType<Store["read"]>) | undefined;
    write?: ((changes: readonly Change[]) => Promise<readonly Swap[]>) | undefined;
  } = {};
  const calls = { reads: 0, writes: 0 };
  const store: Store = {
    ...inner,
    read: async (userIds) => {
      calls.reads += 1;
      return (script.read ?? inner.read)(userIds);
    },
    write: async (changes) => {
      calls.writes += 1;
      return (script.write ?? inner.write)(changes);
    },
  };
  return { inner, store, script, calls };
};

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => (UserMetadataError.is(error) ? error.code : String(error)),
  );

const unavailable = () => new UserMetadataError("store_unavailable", "The database is away.");

describe("what waits is bounded", () => {
  test("by number: who is too much is told at once, and those who wait are served", async () => {
    const { store, script } = scriptedStore();
    const { promise, resolve } = Promise.withResolvers<void>();
    script.read = async (userIds) => {
      await promise;
      return userIds.map(() => undefined);
    };
    const metadata = createUserMetadata({ store, limits: { maxWaiting: 4 } });
    const waiting = [
      ...[1, 2, 3].map((user) => metadata.updateUserMetadata(`user ${user}`, pro)),
      metadata.getUserMetadata("user 4"),
    ];
    const refused = metadata.updateUserMetadata("user 5", pro);
    await expect(refused).rejects.toMatchObject({
      code: "engine_overloaded",
      status: 503,
      headers: { "retry-after": "1" },
    });
    expect(await codeOf(metadata.getUserMetadata("user 6"))).toBe("engine_overloaded");
    resolve();
    await Promise.all(waiting);
    expect(await codeOf(metadata.updateUserMetadata("user 5", pro))).toBe("done");
  });

  test("by bytes", async () => {
    const { store, script } = scriptedStore();
    script.read = forever;
    const limits = { maxWaitingBytes: 3000, timeoutMs: 50 };
    const metadata = createUserMetadata({ store, limits });
    const large = { privateMetadata: { text: "x".repeat(1400) } };
    const patch = [{ op: "add", path: "/privateMetadata/text", value: "x".repeat(1400) }] as const;
    const calls = [
      metadata.updateUserMetadata("1", large),
      metadata.patchUserMetadata("2", patch),
      metadata.replaceUserMetadata("3", large),
      metadata.updateUserMetadata("4", pro),
    ];
    expect(await Promise.all(calls.map(codeOf))).toEqual([
      "write_not_sent",
      "write_not_sent",
      "engine_overloaded",
      "write_not_sent",
    ]);
  });

  test("and one update beyond the bytes is written if nothing else waits", async () => {
    const metadata = createUserMetadata({ store: memoryStore(), limits: { maxWaitingBytes: 10 } });
    expect(await codeOf(metadata.updateUserMetadata("jane", pro))).toBe("done");
  });

  test("a tier that is too large or too deep is refused before the store is asked", async () => {
    const { store, calls } = scriptedStore();
    const metadata = createUserMetadata({ store, limits: { maxTierBytes: 100, maxDepth: 3 } });
    const large = { unsafeMetadata: { text: "x".repeat(100) } };
    const deep = { unsafeMetadata: { a: { b: { c: {} } } } };
    for (const [update, code] of [
      [large, "tier_too_large"],
      [deep, "json_too_deep"],
    ] as const) {
      expect(await codeOf(metadata.updateUserMetadata("jane", update))).toBe(code);
      expect(await codeOf(metadata.updateUserMetadata("jane", update, { merge: "shallow" }))).toBe(code);
      expect(await codeOf(metadata.replaceUserMetadata("jane", update))).toBe(code);
    }
    expect(calls).toEqual({ reads: 0, writes: 0 });
    // What removes takes no room.
    const removing = {
      unsafeMetadata: Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`k${n}`, null])),
    };
    expect(await codeOf(metadata.updateUserMetadata("jane", removing))).toBe("done");
  });
});

describe("a deadline", () => {
  const limits = { timeoutMs: 50 };

  test("of a write whose document cannot be read: nothing was written", async () => {
    const { store, script, calls } = scriptedStore();
    script.read = forever;
    const metadata = createUserMetadata({ store, limits });
    expect(await codeOf(metadata.updateUserMetadata("jane", pro))).toBe("write_not_sent");
    script.read = async () => {
      throw new Error("the cable is cut");
    };
    await expect(metadata.updateUserMetadata("jane", pro)).rejects.toMatchObject({
      code: "write_not_sent",
      headers: { "retry-after": "1" },
      cause: { code: "store_unavailable", cause: { message: "the cable is cut" } },
    });
    expect(calls.writes).toBe(0);
  });

  test("of a write that was sent: its outcome is unknown", async () => {
    const { store, script } = scriptedStore();
    script.write = forever;
    const metadata = createUserMetadata({ store, limits });
    expect(await codeOf(metadata.updateUserMetadata("jane", pro))).toBe("store_unavailable");
  });

  test("of a read, and of a search", async () => {
    const { store, script } = scriptedStore();
    script.read = forever;
    const metadata = createUserMetadata({ store: { ...store, find: forever }, limits });
    expect(await codeOf(metadata.getUserMetadata("jane"))).toBe("store_unavailable");
    expect(await codeOf(metadata.find({}))).toBe("store_unavailable");
  });

  test("of a schema that hangs, which holds up nobody else", async () => {
    const schema = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value: unknown) => ((value as { hang?: true }).hang ? forever() : { value }),
      },
    } as StandardSchema;
    const metadata = createUserMetadata({
      store: memoryStore(),
      schemas: { unsafe: schema },
      limits: { timeoutMs: 500 },
    });
    const hanging = codeOf(metadata.updateUserMetadata("hanging", { unsafeMetadata: { hang: true } }));
    const others = Array.from({ length: 20 }, (_, n) =>
      metadata.updateUserMetadata(`user ${n}`, { unsafeMetadata: { n } }),
    );
    const first = await Promise.race([hanging, Promise.all(others)]);
    expect(first).toHaveLength(20);
    expect(await hanging).toBe("write_not_sent");
    expect(await codeOf(metadata.updateUserMetadata("hanging", { unsafeMetadata: { n: 2 } }))).toBe("done");
  });

  test("a store that hung is asked again, and the engine goes on", async () => {
    const { store, script } = scriptedStore();
    script.read = forever;
    const metadata = createUserMetadata({ store, limits });
    const hung = Array.from({ length: 30 }, (_, n) => codeOf(metadata.updateUserMetadata(`user ${n}`, pro)));
    expect(new Set(await Promise.all(hung))).toEqual(new Set(["write_not_sent"]));
    script.read = undefined;
    expect(await codeOf(metadata.updateUserMetadata("user 1", pro))).toBe("done");
    expect((await metadata.getUserMetadata("user 2")).version).toBe(0);
    await metadata.close();
  });
});

describe("a caller who leaves", () => {
  test("is not written if nothing was sent", async () => {
    const { store, script, calls } = scriptedStore();
    const { promise, resolve } = Promise.withResolvers<void>();
    script.read = async (userIds) => {
      await promise;
      return userIds.map(() => undefined);
    };
    const metadata = createUserMetadata({ store });
    const leaving = new AbortController();
    const left = metadata.updateUserMetadata("jane", pro, { signal: leaving.signal });
    const stays = metadata.updateUserMetadata("joe", pro);
    await expect.poll(() => calls.reads).toBe(1);
    leaving.abort(new Error("the tab was closed"));
    await expect(left).rejects.toThrow("the tab was closed");
    resolve();
    await stays;
    script.read = undefined;
    expect((await metadata.getUserMetadata("jane")).version).toBe(0);
    expect((await metadata.getUserMetadata("joe")).version).toBeGreaterThan(0);
  });

  test("is told at once, whatever the store does, and before if it had left already", async () => {
    const { store, script, calls } = scriptedStore();
    script.write = forever;
    const metadata = createUserMetadata({ store });
    const leaving = new AbortController();
    const sent = metadata.updateUserMetadata("jane", pro, { signal: leaving.signal });
    await expect.poll(() => calls.writes).toBe(1);
    leaving.abort(new Error("enough"));
    await expect(sent).rejects.toThrow("enough");
    const before = { ...calls };
    const gone = { signal: AbortSignal.abort(new Error("gone")) };
    await expect(metadata.clearUserMetadata("joe", gone)).rejects.toThrow("gone");
    expect(calls).toEqual(before);
  });
});

describe("one user's failure is one user's", () => {
  const failing = (swapOf: (change: Change) => Swap | undefined) => {
    const scripted = scriptedStore();
    scripted.script.write = async (changes) =>
      Promise.all(
        changes.map(async (change) => swapOf(change) ?? ((await scripted.inner.write([change]))[0] as Swap)),
      );
    return scripted;
  };

  test("a change that failed, and its outcome, is told to its own callers", async () => {
    const { store } = failing(({ userId }) =>
      userId === "bad"
        ? unavailable()
        : userId === "full"
          ? new UserMetadataError("store_full", "It is full.")
          : undefined,
    );
    const metadata = createUserMetadata({ store });
    const users = ["good", "bad", "full", "fine"];
    const codes = await Promise.all(users.map((userId) => codeOf(metadata.updateUserMetadata(userId, pro))));
    expect(codes).toEqual(["done", "store_unavailable", "store_full", "done"]);
  });

  test("a user who is locked is tried again until the deadline, and holds up nobody", async () => {
    let locked = true;
    const busy = new UserMetadataError("store_busy", "The row is locked.");
    const { store } = failing(({ userId }) => (locked && userId === "locked" ? busy : undefined));
    const metadata = createUserMetadata({ store, limits: { timeoutMs: 500 } });
    const first = metadata.updateUserMetadata("locked", pro);
    await Promise.all(Array.from({ length: 20 }, (_, n) => metadata.updateUserMetadata(`user ${n}`, pro)));
    await expect(first).rejects.toMatchObject({ code: "write_not_sent", cause: { code: "store_busy" } });
    const second = metadata.updateUserMetadata("locked", pro);
    locked = false;
    expect((await second).version).toBeGreaterThan(0);
  });

  test("a user who cannot be read fails alone", async () => {
    const { store, script, inner } = scriptedStore();
    const corrupt = new UserMetadataError("store_corrupt", "The row is not ours.");
    script.read = async (userIds) => {
      const documents = await inner.read(userIds);
      return userIds.map((userId, index) => (userId === "torn" ? corrupt : documents[index]));
    };
    const metadata = createUserMetadata({ store });
    const users = ["torn", "jane"];
    expect(await Promise.all(users.map((each) => codeOf(metadata.updateUserMetadata(each, pro))))).toEqual([
      "store_corrupt",
      "done",
    ]);
    expect(await Promise.all(users.map((each) => codeOf(metadata.getUserMetadata(each))))).toEqual([
      "store_corrupt",
      "done",
    ]);
  });

  test("a read that fails for a while costs nobody a write", async () => {
    const { store, script, inner } = scriptedStore();
    let failures = 3;
    script.read = async (userIds) => {
      if (failures-- > 0) throw unavailable();
      return inner.read(userIds);
    };
    const metadata = createUserMetadata({ store });
    expect(await codeOf(metadata.updateUserMetadata("jane", pro))).toBe("done");
  });
});

describe("a write that changes nothing writes nothing", () => {
  test("neither the store nor the version sees it", async () => {
    const { store, calls } = scriptedStore();
    const metadata = createUserMetadata({ store });
    const whole = {
      publicMetadata: { plan: "pro", seats: 5 },
      unsafeMetadata: { theme: "dark", list: [1, { a: null }] },
    };
    const first = await metadata.updateUserMetadata("jane", { ...whole, claims: ["plan", "seats"] });
    expect(calls.writes).toBe(1);
    const writes = [
      metadata.updateUserMetadata("jane", { publicMetadata: { plan: "pro" } }),
      metadata.updateUserMetadata("jane", { publicMetadata: { nobody: null } }, { merge: "shallow" }),
      metadata.updateUserMetadata("jane", { claims: ["seats", "plan"] }),
      metadata.replaceUserMetadata("jane", { unsafeMetadata: { list: [1, { a: null }], theme: "dark" } }),
      metadata.patchUserMetadata("jane", [{ op: "replace", path: "/publicMetadata/plan", value: "pro" }]),
      metadata.mutateUserMetadata("jane", () => ({})),
    ];
    for (const { version, updatedAt } of await Promise.all(writes))
      expect([version, updatedAt]).toEqual([first.version, first.updatedAt]);
    await metadata.clearUserMetadata("nobody");
    expect(calls.writes).toBe(1);
  });

  test("an empty update of nothing creates the document", async () => {
    const { store, calls } = scriptedStore();
    const metadata = createUserMetadata({ store });
    const { version } = await metadata.updateUserMetadata("jane", {}, { merge: "shallow" });
    expect(version).toBeGreaterThan(0);
    expect(calls.writes).toBe(1);
  });

  test("its condition is checked", async () => {
    const metadata = createUserMetadata({ store: memoryStore() });
    const { version } = await metadata.updateUserMetadata("jane", pro);
    expect(await codeOf(metadata.updateUserMetadata("jane", pro, { ifVersion: version - 1 }))).toBe(
      "version_mismatch",
    );
    expect(await codeOf(metadata.updateUserMetadata("jane", pro, { ifVersion: version }))).toBe("done");
  });
});

test("a version does not come again, whichever process removed the document and whatever its clock", async () => {
  const store = memoryStore();
  const ahead = Date.now() + 3_600_000;
  const next: MetadataDocument = {
    public: { a: 1 },
    private: {},
    unsafe: {},
    claims: [],
    version: ahead,
    claimsVersion: ahead,
    createdAt: ahead,
    updatedAt: ahead,
  };
  // Another process, whose clock is an hour ahead, writes and removes.
  await store.write([{ userId: "jane", expected: 0, next }]);
  await store.write([{ userId: "jane", expected: ahead, next: null }]);
  const metadata = createUserMetadata({ store });
  expect((await metadata.updateUserMetadata("jane", pro)).version).toBeGreaterThan(ahead);
});
