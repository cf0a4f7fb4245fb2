import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { sqliteStore } from "../src/index.ts";
import { expectFailure, freshPath } from "./harness.ts";

describe("options", () => {
  const typos: readonly [string, unknown][] = [
    ["none", undefined],
    ["neither path nor database", {}],
    ["both path and database", { path: ":memory:", database: new DatabaseSync(":memory:") }],
    ["an unknown name", { path: ":memory:", bussyTimeoutMs: 1 }],
    ["an empty path", { path: "" }],
    ["a path with U+0000", { path: "a\0b" }],
    ["a negative timeout", { path: ":memory:", busyTimeoutMs: -1 }],
    ["a timeout that is not a number", { path: ":memory:", busyTimeoutMs: "1" }],
    ["a timeout for the app's connection", { database: new DatabaseSync(":memory:"), busyTimeoutMs: 1 }],
    ["a thread that is neither true nor false", { path: ":memory:", thread: 1 }],
    ["a thread for the app's connection", { database: new DatabaseSync(":memory:"), thread: true }],
    ["a thread for what is in memory", { path: ":memory:", thread: true }],
    ["a thread for what is in memory, by a URI", { path: "file::memory:", thread: true }],
    ["a database that is not valid", { database: {} }],
  ];
  test.each(typos)("%s: options_invalid", async (_, options) => {
    await expectFailure(() => sqliteStore(options as Parameters<typeof sqliteStore>[0]), {
      code: "options_invalid",
      named: "sqliteStore()",
    });
  });
  test("a typo does not compile", () => {
    // @ts-expect-error: the name is busyTimeoutMs
    expect(() => sqliteStore({ path: ":memory:", busyTimeout: 1 })).toThrow("busyTimeout");
  });
});

describe("a path that cannot be opened", () => {
  test("is a folder", async () => {
    const folder = dirname(freshPath());
    const error = await expectFailure(() => sqliteStore({ path: folder }), {
      code: "store_unavailable",
      named: folder,
    });
    expect(error.message).toContain("is a folder");
    expect(error.cause).toHaveProperty("errcode", 14);
  });
  test("is in a folder that is not there", async () => {
    const folder = dirname(freshPath());
    const error = await expectFailure(() => sqliteStore({ path: join(folder, "no", "a.db") }), {
      code: "store_unavailable",
      named: "a.db",
    });
    expect(error.message).toContain(`there is no folder "${join(folder, "no")}"`);
  });
  test("is in a file", async () => {
    const path = freshPath();
    writeFileSync(path, "");
    await expectFailure(() => sqliteStore({ path: join(path, "a.db") }), {
      code: "store_unavailable",
      named: path,
    });
  });
});
