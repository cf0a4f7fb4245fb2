import { describe, expect, test } from "vitest";
import { insert } from "../../../test/insert.ts";
import {
  createUserMetadata,
  type Dialect,
  type FindOptions,
  memoryStore,
  type Store,
  UserMetadataError,
} from "../src/index.ts";
import { requestWith } from "./requests.ts";

const engineOf = async (users: Readonly<Record<string, object>>) => {
  const metadata = createUserMetadata({ store: memoryStore() });
  for (const [userId, publicMetadata] of Object.entries(users))
    await metadata.updateUserMetadata(userId, { publicMetadata });
  const find = async (options?: FindOptions) =>
    (await metadata.find(options)).users.map(({ userId }) => userId);
  return { metadata, find };
};

describe("what is found", () => {
  test("users whose tier has each key with an equal value, in the order of their ids", async () => {
    const { metadata } = await engineOf({});
    const values = { string: "1", number: 1, truth: true, lie: false, nothing: null };
    for (const [userId, key] of Object.entries(values))
      await metadata.replaceUserMetadata(userId, { publicMetadata: { key } });
    for (const [userId, key] of Object.entries(values)) {
      const { users, cursor } = await metadata.find({ where: { key } });
      expect([users.map((user) => user.userId), cursor]).toEqual([[userId], undefined]);
    }
  });

  test.each<[object, string[]]>([
    [{}, ["adam", "eve", "jane"]],
    [{ plan: "pro" }, ["adam", "jane"]],
    [{ plan: "pro", seats: 5 }, ["jane"]],
    [{ plan: undefined, seats: 5 }, ["jane"]],
    [{ at: {} }, ["adam", "jane"]],
    [{ at: { city: "Oslo" } }, ["adam", "jane"]],
    [{ at: { city: "Oslo", geo: { zone: 1 } } }, ["jane"]],
    [{ at: "Oslo" }, []],
    [{ plan: { city: "Oslo" } }, []],
    [{ seats: null }, []],
    [{ seats: "5" }, []],
    [{ toString: {} }, []],
    [{ tags: {} }, []],
  ])("where %j", async (where, expected) => {
    const { find } = await engineOf({
      jane: { plan: "pro", seats: 5, at: { city: "Oslo", geo: { zone: 1, x: 2 } }, tags: ["a"] },
      adam: { plan: "pro", at: { city: "Oslo" } },
      eve: { plan: "free", at: "home" },
    });
    expect(await find({ where })).toEqual(expected);
  });

  test("one tier is searched, the public one if none is named; all of a user is given", async () => {
    const { metadata, find } = await engineOf({});
    await metadata.updateUserMetadata("in-public", { publicMetadata: { k: 1 } });
    await metadata.updateUserMetadata("in-private", { privateMetadata: { k: 1 } });
    await metadata.updateUserMetadata("in-unsafe", { unsafeMetadata: { k: 1 }, privateMetadata: { s: "x" } });
    const where = { k: 1 };
    expect(await find({ where })).toEqual(["in-public"]);
    expect(await find({ where, tier: "public" })).toEqual(["in-public"]);
    expect(await find({ where, tier: "private" })).toEqual(["in-private"]);
    expect(await find({ where, tier: "unsafe" })).toEqual(["in-unsafe"]);
    const { users } = await metadata.find({ where, tier: "unsafe" });
    expect(users).toEqual([await metadata.getUserMetadata("in-unsafe")]);
    expect(users[0]?.privateMetadata).toEqual({ s: "x" });
    expect(JSON.stringify(users)).not.toContain("privateMetadata");
  });

  test("who has no metadata is not found, a document that is empty is", async () => {
    const { metadata, find } = await engineOf({ jane: { plan: "pro" }, joe: {}, eve: {} });
    await metadata.clearUserMetadata("eve");
    expect(await find()).toEqual(["jane", "joe"]);
  });
});

describe("pages", () => {
  const numbered = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`user-${String(i).padStart(4, "0")}`, {}]));

  test("follow each other by their cursor, which the last has not", async () => {
    const { metadata } = await engineOf(numbered(7));
    const first = await metadata.find({ limit: 3 });
    const second = await metadata.find({ limit: 3, cursor: first.cursor ?? "" });
    const third = await metadata.find({ limit: 3, cursor: second.cursor ?? "" });
    expect([first, second, third].map(({ users }) => users.length)).toEqual([3, 3, 1]);
    expect([first.cursor, second.cursor, third.cursor]).toEqual(["user-0002", "user-0005", undefined]);
  });

  test("a cursor of somebody who is gone still says where to go on", async () => {
    const { metadata, find } = await engineOf(numbered(4));
    const { cursor = "" } = await metadata.find({ limit: 2 });
    await metadata.clearUserMetadata(cursor);
    expect(await find({ limit: 2, cursor })).toEqual(["user-0002", "user-0003"]);
  });

  test("have 100 users, or as many as asked for up to 500", async () => {
    const { find } = await engineOf(numbered(501));
    expect(await find()).toHaveLength(100);
    expect(await find({ limit: 1 })).toEqual(["user-0000"]);
    expect(await find({ limit: 500 })).toHaveLength(500);
  });

  test("are in the order of the ids' code points, which is not JavaScript's own", async () => {
    const ids = ["A", "B", "a", "a b", "aa", "b", "é", "\u{ff5e}", "\u{1f600}", "\u{1f600}a", "\u{1f601}"];
    const { find } = await engineOf(Object.fromEntries([...ids].reverse().map((id) => [id, {}])));
    expect(await find()).toEqual(ids);
    expect([...ids].sort()).not.toEqual(ids);
    for (const [index, cursor] of ids.entries()) expect(await find({ cursor })).toEqual(ids.slice(index + 1));
  });
});

describe("refused", () => {
  test.each<[object, RegExp]>([
    [{ tier: "secret" }, /tier is "secret"; use public, private, unsafe/],
    [{ limit: 0 }, /limit is 0; give a whole number from 1 to 500/],
    [{ limit: 501 }, /limit is 501/],
    [{ limit: 1.5 }, /limit is 1.5/],
    [{ limit: Number.NaN }, /limit is NaN/],
    [{ cursor: "a\u0000" }, /cursor/],
    [{ cursor: "x".repeat(256) }, /cursor/],
    [{ where: ["plan"] }, /where must be an object/],
    [{ where: "plan" }, /where must be an object/],
    [{ where: { tags: ["a"] } }, /no arrays/],
    [{ where: { at: { tags: [] } } }, /no arrays/],
  ])("%j", async (options, message) => {
    const { metadata } = await engineOf({ jane: {} });
    await expect(metadata.find(options)).rejects.toMatchObject({
      code: "query_invalid",
      status: 400,
      message: expect.stringMatching(message),
    });
  });

  test("what is not JSON cannot be searched for", async () => {
    const { metadata } = await engineOf({ jane: {} });
    await expect(metadata.find({ where: { since: new Date(0) } })).rejects.toMatchObject({
      code: "json_value_refused",
      details: { path: "/since" },
    });
  });
});

test("in a query a value that reads as JSON is that; what no document can hold as such is text", async () => {
  const values = [1, "one", "007", true, null, "9007199254740993", 9007199254740992, "1e999", "{}", "a b"];
  const metadata = createUserMetadata({ store: memoryStore(), adminKeys: ["key-of-a-server-1"] });
  for (const [index, key] of values.entries())
    await metadata.replaceUserMetadata(`user-${index}`, { publicMetadata: { key } });
  const ask = async (text: string) => {
    const outcome = await metadata.handle({
      method: "GET",
      path: "/users",
      query: new URLSearchParams({ "public.key": text }).toString(),
      header: (name) => (name === "authorization" ? "Bearer key-of-a-server-1" : undefined),
      body: async () => "",
    });
    const { users } = JSON.parse(outcome?.body ?? "") as { users: { publicMetadata: { key: unknown } }[] };
    return users.map(({ publicMetadata }) => publicMetadata.key);
  };
  for (const value of values) expect(await ask(String(value))).toEqual([value]);
  expect(await ask('"one"')).toEqual(["one"]);
  expect(await ask('"1"')).toEqual([]);
});

describe("stores", () => {
  /** What only a dialect can ask for. */
  const counting: Dialect = {
    name: "counting",
    routes: (engine) => [
      {
        method: "GET",
        path: "/count",
        who: "anyone",
        reads: [],
        answers: "object",
        handle: async () => ({ status: 200, headers: {}, body: JSON.stringify(await engine.count()) }),
      },
    ],
  };
  const engineOn = (parts: Partial<Store>) => {
    const { read, write } = memoryStore();
    return createUserMetadata({ store: { read, write, ...parts }, dialects: [counting] });
  };
  const count = (metadata: ReturnType<typeof engineOn>) =>
    metadata.handle({
      method: "GET",
      path: "/count",
      query: "",
      header: () => undefined,
      body: async () => "",
    });

  test("that cannot search say so", async () => {
    const metadata = engineOn({});
    await expect(metadata.find()).rejects.toMatchObject({ code: "search_unsupported", status: 501 });
    const refused = await count(metadata);
    expect([refused?.status, JSON.parse(refused?.body ?? ""), refused?.error]).toMatchObject([
      501,
      { code: "search_unsupported", detail: expect.stringContaining("Use one that has find") },
      undefined,
    ]);
  });

  test.each([
    ["rejects", () => Promise.reject(new Error("no route to host"))],
    [
      "throws",
      () => {
        throw new Error("no route to host");
      },
    ],
  ])("a search that %s is a failure of the store, with its cause", async (_, fail) => {
    const metadata = engineOn({ find: fail, count: fail });
    const failure = { code: "store_unavailable", cause: { message: "no route to host" } };
    await expect(metadata.find()).rejects.toMatchObject(failure);
    expect((await count(metadata))?.error).toMatchObject(failure);
  });

  test("a failure that has a code keeps it", async () => {
    const busy = new UserMetadataError("store_busy", "Locked.");
    await expect(engineOn({ find: () => Promise.reject(busy) }).find()).rejects.toBe(busy);
  });

  test("tell how many users have a document", async () => {
    const metadata = engineOn(memoryStore());
    await metadata.updateUserMetadata("jane", { publicMetadata: {} });
    await metadata.updateUserMetadata("joe", { privateMetadata: { k: 1 } });
    expect((await count(metadata))?.body).toBe("2");
    await metadata.clearUserMetadata("joe");
    expect((await count(metadata))?.body).toBe("1");
  });
});

test("users whose documents cannot be read are named apart, and their own routes answer a 500 until they are replaced", async () => {
  const inner = memoryStore();
  const error = new UserMetadataError("document_corrupt", "It cannot be read.", { details: { version: 1 } });
  const store: Store = {
    ...inner,
    read: async (userIds) =>
      (await inner.read(userIds)).map((read) =>
        read && "version" in read && read.version === 1 ? error : read,
      ),
    find: async (query) =>
      ((await inner.find?.(query)) ?? []).map(({ userId, document }) =>
        "version" in document && document.version === 1 ? { userId, document: error } : { userId, document },
      ),
  };
  await inner.write([insert("bob")]);
  const key = "0123456789abcdef";
  const metadata = createUserMetadata({ store, adminKeys: [key] });
  await metadata.updateUserMetadata("ada", { publicMetadata: { plan: "pro" } });
  const ask = (method: string, path: string, sent = "") =>
    metadata.handle({
      ...requestWith({ authorization: `Bearer ${key}`, "content-type": "application/json" }, method),
      path,
      body: async () => sent,
    });
  const { body } = (await ask("GET", "/users")) ?? {};
  expect(JSON.parse(String(body))).toMatchObject({ users: [{ userId: "ada" }], corrupt: ["bob"] });
  const bob = "/users/bob/metadata";
  const answers = [
    await ask("GET", bob),
    await ask("PATCH", bob, "{}"),
    await ask("PUT", bob, '{"publicMetadata":{}}'),
    await ask("PUT", bob, '{"publicMetadata":{},"privateMetadata":{},"unsafeMetadata":{}}'),
  ];
  expect(answers.map((answer) => answer?.status)).toEqual([500, 500, 500, 200]);
  expect(String(answers[0]?.body)).not.toContain("version");
  expect((await ask("GET", bob))?.status).toBe(200);
});
