import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  type Change,
  createUserMetadata,
  type MetadataDocument,
  memoryStore,
  type Store,
  UserMetadataError,
} from "../src/index.ts";

/** A store that counts what is asked of it, over a memory store. */
const countingStore = () => {
  const inner = memoryStore();
  const calls: string[] = [];
  const store: Store = {
    read: (userIds) => {
      calls.push(`read ${userIds.length}`);
      return inner.read(userIds);
    },
    write: (changes) => {
      calls.push(`write ${changes.length}`);
      return inner.write(changes);
    },
  };
  return { store, calls, inner };
};

const code = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "resolved",
    (error) => error.code,
  );

describe("the seed's worked example", () => {
  const stored = {
    preferences: { theme: "dark" },
    notifications: { email: true },
    todos: ["use-text-notifs"],
  };
  const update = { notifications: { sms: true }, todos: null };

  test.each([
    ["shallow", { preferences: { theme: "dark" }, notifications: { sms: true } }],
    ["deep", { preferences: { theme: "dark" }, notifications: { email: true, sms: true } }],
  ] as const)("%s", async (merge, expected) => {
    const metadata = createUserMetadata({ store: memoryStore() });
    await metadata.replaceUserMetadata("jane", { privateMetadata: stored });
    const { privateMetadata } = await metadata.updateUserMetadata(
      "jane",
      { privateMetadata: update },
      { merge },
    );
    expect(privateMetadata).toEqual(expected);
  });
});

describe("batches", () => {
  test("the writes of one turn are one read and one write", async () => {
    const { store, calls } = countingStore();
    const metadata = createUserMetadata({ store });
    const users = Array.from({ length: 50 }, (_, index) => `user-${index}`);
    await Promise.all(users.map((user) => metadata.updateUserMetadata(user, { publicMetadata: { user } })));
    expect(calls).toEqual(["read 50", "write 50"]);
  });

  test("a remote store is given the writes in halves, the second while it works on the first", async () => {
    const { store, calls } = countingStore();
    const both = Promise.withResolvers<void>();
    const metadata = createUserMetadata({
      store: {
        ...store,
        remote: true,
        read: async (userIds) => {
          const documents = store.read(userIds);
          if (calls.length === 2) both.resolve();
          await both.promise;
          return documents;
        },
      },
    });
    const users = Array.from({ length: 51 }, (_, index) => `user-${index}`);
    await Promise.all(users.map((user) => metadata.updateUserMetadata(user, { publicMetadata: { user } })));
    expect(calls.toSorted()).toEqual(["read 25", "read 26", "write 25", "write 26"]);
  });

  test("the reads of one turn are one read, each user once", async () => {
    const { store, calls } = countingStore();
    const metadata = createUserMetadata({ store });
    await Promise.all(["a", "b", "a", "c"].map((user) => metadata.getUserMetadata(user)));
    expect(calls).toEqual(["read 3"]);
  });

  test("a user's mutations are applied in order, each with its own answer and version", async () => {
    const { store, calls } = countingStore();
    const metadata = createUserMetadata({ store });
    const answers = await Promise.all(
      [1, 2, 3].map((n) => metadata.updateUserMetadata("jane", { unsafeMetadata: { [`k${n}`]: n } })),
    );
    expect(calls).toEqual(["read 1", "write 1"]);
    expect(answers.map(({ unsafeMetadata }) => unsafeMetadata)).toEqual([
      { k1: 1 },
      { k1: 1, k2: 2 },
      { k1: 1, k2: 2, k3: 3 },
    ]);
    const [first, second, third] = answers.map(({ version }) => version);
    expect([second, third]).toEqual([(first as number) + 1, (first as number) + 2]);
  });

  test("a mutation that throws fails its caller alone", async () => {
    const metadata = createUserMetadata({ store: memoryStore() });
    const results = await Promise.allSettled([
      metadata.updateUserMetadata("jane", { unsafeMetadata: { a: 1 } }),
      metadata.mutateUserMetadata("jane", () => {
        throw new Error("mine");
      }),
      metadata.updateUserMetadata("jane", { unsafeMetadata: { long: "x".repeat(9000) } }),
      metadata.updateUserMetadata("jane", { unsafeMetadata: { b: 2 } }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    expect(results[1]).toMatchObject({ reason: { message: "mine" } });
    expect(results[2]).toMatchObject({
      reason: { code: "tier_too_large", details: { tier: "unsafe", maxBytes: 8192 } },
    });
    expect((await metadata.getUserMetadata("jane")).unsafeMetadata).toEqual({ a: 1, b: 2 });
  });

  test("a store that fails fails its callers with a code, and the next write goes through", async () => {
    const inner = memoryStore();
    let failing = true;
    const store: Store = {
      read: inner.read,
      write: async (changes) => {
        if (failing) throw new Error("disk on fire");
        return inner.write(changes);
      },
    };
    const metadata = createUserMetadata({ store });
    const failed = metadata.updateUserMetadata("jane", { unsafeMetadata: { a: 1 } });
    await expect(failed).rejects.toMatchObject({ code: "store_unavailable", status: 503, expose: false });
    failing = false;
    await metadata.updateUserMetadata("jane", { unsafeMetadata: { b: 1 } });
    expect((await metadata.getUserMetadata("jane")).unsafeMetadata).toEqual({ b: 1 });
  });
});

test("a row that cannot be read is the trouble of its own user", async () => {
  const inner = memoryStore();
  const read: Store["read"] = async (userIds) => {
    if (userIds.includes("bad"))
      throw new UserMetadataError("store_corrupt", "The row of bad holds no JSON.");
    return inner.read(userIds);
  };
  const metadata = createUserMetadata({ store: { read, write: inner.write } });
  const users = ["jane", "bad", "joe"];
  const written = users.map((user) => code(metadata.updateUserMetadata(user, { publicMetadata: { user } })));
  expect(await Promise.all(written)).toEqual(["resolved", "store_corrupt", "resolved"]);
  const seen = users.map((user) => code(metadata.getUserMetadata(user)));
  expect(await Promise.all(seen)).toEqual(["resolved", "store_corrupt", "resolved"]);
  expect((await metadata.getUserMetadata("joe")).publicMetadata).toEqual({ user: "joe" });
});

describe("lost swaps", () => {
  /** Another writer is quicker for the first `rounds` writes. */
  const contestedStore = (rounds: number): { store: Store; written: () => number } => {
    const inner = memoryStore();
    let left = rounds;
    const rival = async ({ userId }: Change): Promise<void> => {
      const [stored] = (await inner.read([userId])) as [MetadataDocument?];
      const version = stored?.version ?? 0;
      const next = {
        ...(stored as MetadataDocument),
        public: {},
        private: { rival: left },
        unsafe: {},
        claims: [],
        version: version + 1,
      };
      await inner.write([{ userId, expected: version, next }]);
    };
    const write: Store["write"] = async (changes) => {
      if (left > 0) {
        left -= 1;
        await Promise.all(changes.map(rival));
      }
      return inner.write(changes);
    };
    return { store: { read: inner.read, write }, written: () => rounds - left };
  };

  test("are read again and retried on top of what the other wrote", async () => {
    const { store, written } = contestedStore(5);
    const metadata = createUserMetadata({ store });
    const { privateMetadata } = await metadata.updateUserMetadata("jane", {
      privateMetadata: { mine: true },
    });
    expect(privateMetadata).toEqual({ rival: 0, mine: true });
    expect(written()).toBe(5);
  });

  test("end in a clear error after a bound, and nothing is written", async () => {
    const { store } = contestedStore(1000);
    const metadata = createUserMetadata({ store });
    expect(await code(metadata.updateUserMetadata("jane", { privateMetadata: { mine: true } }))).toBe(
      "write_contended",
    );
    expect((await metadata.getUserMetadata("jane")).privateMetadata).not.toHaveProperty("mine");
  });
});

describe("versions", () => {
  test("grow with each write, and a document cleared and made again never repeats one", async () => {
    const metadata = createUserMetadata({ store: memoryStore() });
    const seen: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const made = await Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          metadata.updateUserMetadata("jane", { unsafeMetadata: { round, n } }),
        ),
      );
      seen.push(...made.map(({ version }) => version));
      await metadata.clearUserMetadata("jane");
    }
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
  });

  test("ifVersion lets one of two writers through", async () => {
    const metadata = createUserMetadata({ store: memoryStore() });
    const { version } = await metadata.updateUserMetadata(
      "jane",
      { publicMetadata: { n: 0 } },
      { ifVersion: 0 },
    );
    const writes = [1, 2].map((n) =>
      code(metadata.updateUserMetadata("jane", { publicMetadata: { n } }, { ifVersion: version })),
    );
    expect(await Promise.all(writes)).toEqual(["resolved", "version_mismatch"]);
    expect(await code(metadata.clearUserMetadata("jane", { ifVersion: version }))).toBe("version_mismatch");
  });

  test("a cleared user is empty", async () => {
    const metadata = createUserMetadata({ store: memoryStore() });
    await metadata.updateUserMetadata("jane", {
      publicMetadata: { a: 1 },
      privateMetadata: { b: 1 },
      claims: ["a"],
    });
    await metadata.clearUserMetadata("jane");
    await metadata.clearUserMetadata("nobody");
    expect(await metadata.getUserMetadata("jane")).toEqual({
      userId: "jane",
      publicMetadata: {},
      unsafeMetadata: {},
      version: 0,
      createdAt: null,
      updatedAt: null,
    });
  });
});

describe("the private tier", () => {
  test("is there for code, and not for what serialises", async () => {
    const metadata = createUserMetadata({ store: memoryStore() });
    const user = await metadata.updateUserMetadata("jane", { privateMetadata: { stripe: "marker-value" } });
    expect(user.privateMetadata).toEqual({ stripe: "marker-value" });
    const { inspect } = await import("node:util");
    for (const carried of [
      JSON.stringify(user),
      JSON.stringify({ ...user }),
      JSON.stringify(structuredClone(user)),
      inspect(user),
      JSON.stringify(Object.entries(user)),
    ]) {
      expect(carried).not.toContain("marker-value");
      expect(carried).toContain("jane");
    }
  });

  test("what is returned is a copy", async () => {
    const metadata = createUserMetadata({ store: memoryStore() });
    const given = { list: [1] };
    const user = await metadata.updateUserMetadata("jane", { privateMetadata: given });
    given.list.push(2);
    (user.privateMetadata as { list: number[] }).list.push(3);
    const [again, twin] = await Promise.all([
      metadata.getUserMetadata("jane"),
      metadata.getUserMetadata("jane"),
    ]);
    expect(again.privateMetadata).toEqual({ list: [1] });
    expect(again.privateMetadata).not.toBe(twin.privateMetadata);
  });
});

describe("mutateUserMetadata", () => {
  test("counts without losing one", async () => {
    const metadata = createUserMetadata({ store: memoryStore() });
    const increment = () =>
      metadata.mutateUserMetadata("jane", ({ privateMetadata }) => ({
        privateMetadata: { n: ((privateMetadata.n as number | undefined) ?? 0) + 1 },
      }));
    await Promise.all(Array.from({ length: 500 }, increment));
    expect((await metadata.getUserMetadata("jane")).privateMetadata).toEqual({ n: 500 });
  });

  test("an asynchronous function is refused", async () => {
    const metadata = createUserMetadata({ store: memoryStore() });
    const asynchronous = (async () => ({ publicMetadata: {} })) as never;
    expect(await code(metadata.mutateUserMetadata("jane", asynchronous))).toBe("json_value_refused");
  });
});

describe("patchUserMetadata", () => {
  test("patches the whole document at once or not at all", async () => {
    const metadata = createUserMetadata({ store: memoryStore() });
    await metadata.updateUserMetadata("jane", {
      publicMetadata: { plan: "pro", old: 1 },
      privateMetadata: { n: 1 },
      claims: ["plan", "old"],
    });
    const user = await metadata.patchUserMetadata("jane", [
      { op: "test", path: "/privateMetadata/n", value: 1 },
      { op: "move", from: "/publicMetadata/old", path: "/privateMetadata/old" },
      { op: "add", path: "/unsafeMetadata/theme", value: "dark" },
    ]);
    expect([user.publicMetadata, user.privateMetadata, user.unsafeMetadata, user.claims]).toEqual([
      { plan: "pro" },
      { n: 1, old: 1 },
      { theme: "dark" },
      ["plan"],
    ]);
    const failing = metadata.patchUserMetadata("jane", [
      { op: "remove", path: "/publicMetadata/plan" },
      { op: "test", path: "/privateMetadata/n", value: 2 },
    ]);
    expect(await code(failing)).toBe("patch_conflict");
    expect((await metadata.getUserMetadata("jane")).publicMetadata).toEqual({ plan: "pro" });
    expect(await code(metadata.patchUserMetadata("jane", [{ op: "add", path: "/version", value: 1 }]))).toBe(
      "parameter_unknown",
    );
    expect(
      await code(metadata.patchUserMetadata("jane", [{ op: "add", path: "/publicMetadata", value: [] }])),
    ).toBe("json_not_object");
  });
});

describe("limits", () => {
  const tierOf = (bytes: number): { s: string } => ({ s: "x".repeat(bytes - '{"s":""}'.length) });

  test("8192 bytes of merged UTF-8 JSON are stored, 8193 are not", async () => {
    const metadata = createUserMetadata({ store: memoryStore() });
    expect(await code(metadata.updateUserMetadata("jane", { privateMetadata: tierOf(8192) }))).toBe(
      "resolved",
    );
    expect(await code(metadata.replaceUserMetadata("jane", { privateMetadata: tierOf(8193) }))).toBe(
      "tier_too_large",
    );
    expect(await code(metadata.updateUserMetadata("jane", { privateMetadata: { t: 1 } }))).toBe(
      "tier_too_large",
    );
    expect(await code(metadata.updateUserMetadata("jane", { unsafeMetadata: { s: "é".repeat(4092) } }))).toBe(
      "resolved",
    );
    expect(await code(metadata.updateUserMetadata("jane", { unsafeMetadata: { s: "é".repeat(4093) } }))).toBe(
      "tier_too_large",
    );
  });

  test("a depth of 32 is stored, 33 is not, whichever method brings it and whatever it wraps it in", async () => {
    const deep = (levels: number): object =>
      Array.from({ length: levels - 1 }).reduce<object>((inner) => ({ d: inner }), {});
    const metadata = createUserMetadata({ store: memoryStore() });
    const put = (value: object) => metadata.replaceUserMetadata("jane", { publicMetadata: value });
    const path = `/publicMetadata${"/d".repeat(31)}/e`;
    const patch = (value: object) => [{ op: "add", path, value }] as const;
    expect(await code(metadata.updateUserMetadata("jane", { publicMetadata: deep(32) }))).toBe("resolved");
    expect(await code(metadata.patchUserMetadata("jane", [{ op: "add", path, value: 1 }]))).toBe("resolved");
    const refused = [
      metadata.updateUserMetadata("jane", { publicMetadata: deep(33) }),
      metadata.updateUserMetadata("jane", { publicMetadata: deep(33) }, { merge: "shallow" }),
      put(deep(33)),
      metadata.mutateUserMetadata("jane", () => ({ publicMetadata: deep(33) })),
      metadata.patchUserMetadata("jane", patch({})),
    ];
    for (const each of refused)
      await expect(each).rejects.toMatchObject({
        code: "json_too_deep",
        details: { tier: "public", maxDepth: 32, path: expect.stringMatching(/^(\/d){31}\/[de]$/) },
      });
    expect((await metadata.getUserMetadata("jane")).publicMetadata).toMatchObject(deep(32));
  });

  test("only what a write changes counts: what was stored under a higher limit stays", async () => {
    const store = memoryStore();
    const before = createUserMetadata({ store, limits: { maxDepth: 5 } });
    await before.updateUserMetadata("jane", { publicMetadata: { a: { b: { c: {} } } } });
    const after = createUserMetadata({ store, limits: { maxDepth: 3 } });
    expect(await code(after.updateUserMetadata("jane", { publicMetadata: { x: [[]] } }))).toBe("resolved");
    expect(
      await code(after.updateUserMetadata("jane", { publicMetadata: { a: { b: { c: { d: 1 } } } } })),
    ).toBe("json_too_deep");
    expect(await code(after.updateUserMetadata("jane", { publicMetadata: { a: { b: 1 } } }))).toBe(
      "resolved",
    );
  });

  test("user ids", async () => {
    const metadata = createUserMetadata({ store: memoryStore() });
    for (const id of ["", "x".repeat(256), "a\u0000b", "a\nb", "\ud800", 7, undefined]) {
      expect(await code(metadata.getUserMetadata(id as string))).toBe("user_id_invalid");
    }
    for (const id of ["x", "jane.doe@example.com", "日本", "a/b?c", "__proto__"]) {
      await metadata.updateUserMetadata(id, { publicMetadata: { id } });
      expect((await metadata.getUserMetadata(id)).publicMetadata).toEqual({ id });
    }
  });
});

describe("schemas", () => {
  const schemas = {
    unsafe: z.object({ theme: z.enum(["dark", "light"]), size: z.object({ px: z.number() }) }).partial(),
  };

  test("judge the merged tier, and only a tier that changes", async () => {
    const store = memoryStore();
    await createUserMetadata({ store }).updateUserMetadata("jane", { unsafeMetadata: { theme: "legacy" } });
    const metadata = createUserMetadata({ store, schemas });
    expect(await code(metadata.updateUserMetadata("jane", { privateMetadata: { any: 1 } }))).toBe("resolved");
    expect(await code(metadata.updateUserMetadata("jane", { unsafeMetadata: { size: { px: 3 } } }))).toBe(
      "schema_mismatch",
    );
    expect(
      await code(metadata.updateUserMetadata("jane", { unsafeMetadata: { theme: "dark", size: { px: 3 } } })),
    ).toBe("resolved");
  });

  test("name the path and never the value", async () => {
    const metadata = createUserMetadata({ store: memoryStore(), schemas });
    const refused = metadata.updateUserMetadata("jane", {
      unsafeMetadata: { size: { px: "marker" as never } },
    });
    await expect(refused).rejects.toMatchObject({
      code: "schema_mismatch",
      details: { tier: "unsafe", issues: [{ path: "/size/px" }] },
    });
    await expect(refused).rejects.not.toThrow(/marker/);
  });

  test("a key that a schema would strip is refused, so that it is not lost unseen", async () => {
    const metadata = createUserMetadata({ store: memoryStore(), schemas });
    const refused = metadata.updateUserMetadata("jane", {
      unsafeMetadata: { size: { px: 1, em: 2 } as never },
    });
    await expect(refused).rejects.toMatchObject({
      code: "schema_mismatch",
      details: { issues: [{ path: "/size/em" }] },
    });
  });

  test("may be asynchronous, and store what was sent", async () => {
    const slow = z.object({
      n: z
        .string()
        .default("x")
        .refine(async (n) => n !== "bad"),
    });
    const metadata = createUserMetadata({ store: memoryStore(), schemas: { public: slow } });
    const [good, bad] = await Promise.allSettled([
      metadata.updateUserMetadata("jane", { publicMetadata: {} }),
      metadata.updateUserMetadata("jane", { publicMetadata: { n: "bad" } }),
    ]);
    expect(good).toMatchObject({ status: "fulfilled", value: { publicMetadata: {} } });
    expect(bad).toMatchObject({ reason: { code: "schema_mismatch" } });
  });
});

test("merge is deep or shallow", async () => {
  const metadata = createUserMetadata({ store: memoryStore() });
  const update = metadata.updateUserMetadata("jane", { publicMetadata: {} }, { merge: "shalow" as never });
  await expect(update).rejects.toMatchObject({
    code: "options_invalid",
    message: expect.stringMatching(/shalow/),
  });
});

test("a JSON Patch does not judge anew what it left alone", async () => {
  const store = memoryStore();
  await createUserMetadata({ store }).updateUserMetadata("jane", { privateMetadata: { legacy: true } });
  const metadata = createUserMetadata({ store, schemas: { private: z.strictObject({}) } });
  await metadata.patchUserMetadata("jane", [{ op: "add", path: "/publicMetadata/a", value: 1 }]);
  expect((await metadata.getUserMetadata("jane")).privateMetadata).toEqual({ legacy: true });
});

describe("options", () => {
  const store = memoryStore();
  test.each([
    [{}, /store is missing/],
    [{ store, adminKey: "x" }, /"adminKey" is not an option/],
    [{ store, adminKeys: [undefined] }, /adminKeys\[0\] is undefined/],
    [{ store, adminKeys: ["long enough to be a key", "short"] }, /adminKeys\[1\] is too short/],
    [{ store, limits: { maxDepth: 1000 } }, /the most is 250/],
    [{ store, limits: { maxTierBytes: 0 } }, /maxTierBytes is 0/],
    [{ store, claims: { template: { sub: "{{public.x}}" } } }, /reserved claim/],
    [{ store, claims: { template: { x: "{{private.x}}" } } }, /\{\{private\.x\}\}/],
  ])("%j is refused at construction", (options, message) => {
    expect(() => createUserMetadata(options as never)).toThrow(
      expect.objectContaining({ code: "options_invalid", message: expect.stringMatching(message) }),
    );
  });

  test.each([
    " ".repeat(20),
    " key-of-a-server-1",
    "key-of-a-server-1\n",
    "key-of-a-server-1\u00a0",
    "key-of\u0000-a-server-1",
    "schlüssel-eines-servers",
  ])("the admin key %j, which no header can carry, is refused at construction", (key) => {
    expect(() => createUserMetadata({ store, adminKeys: [key] })).toThrow(
      expect.objectContaining({
        code: "options_invalid",
        message: expect.stringMatching(/not printable ASCII/),
      }),
    );
    expect(() => createUserMetadata({ store, adminKeys: ["a passphrase, with blanks"] })).not.toThrow();
  });
});
