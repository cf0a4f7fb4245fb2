import specTests from "json-patch-test-suite/spec_tests.json" with { type: "json" };
import tests from "json-patch-test-suite/tests.json" with { type: "json" };
import { describe, expect, test } from "vitest";
import type { JsonObject, JsonValue } from "../src/document/json.ts";
import { applyJsonPatch } from "../src/document/json-patch.ts";
import { jsonEquals } from "../src/document/json-profile.ts";

interface SuiteRecord {
  readonly comment?: string;
  readonly doc: JsonValue;
  readonly patch: JsonValue;
  readonly expected?: JsonValue;
  readonly error?: string;
  readonly disabled?: boolean;
}

const records = ([...tests, ...specTests] as SuiteRecord[]).filter((record) => !record.disabled);

const freeze = <T extends JsonValue>(value: T): T => {
  if (typeof value !== "object" || value === null) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
};
const refusal = (code: string, details?: object): unknown =>
  expect.objectContaining(details ? { code, details: expect.objectContaining(details) } : { code });
const nested = (depth: number): JsonValue => JSON.parse("[".repeat(depth) + "]".repeat(depth)) as JsonValue;
const patch = (document: JsonValue, ...operations: JsonValue[]): JsonValue =>
  applyJsonPatch(freeze(document), freeze(operations));

describe("json-patch-test-suite", () => {
  test("has the records that we count on", () => {
    expect(records).toHaveLength(91);
    expect(records.filter((record) => record.error !== undefined)).toHaveLength(23);
  });

  test.each(records)("$comment $patch", (record) => {
    const run = (): JsonValue => applyJsonPatch(freeze(record.doc), freeze(record.patch));
    if (record.error !== undefined) expect(run).toThrow(/^Operation \d+: /);
    else if (record.expected !== undefined) expect(run()).toStrictEqual(record.expected);
    else expect(run).not.toThrow();
  });
});

describe("what has no record there", () => {
  const results: [document: JsonValue, operations: JsonValue[], result: JsonValue][] = [
    [{ a: 1, b: 2 }, [{ op: "move", from: "/a", path: "/a" }], { a: 1, b: 2 }],
    [{ a: { b: 1 } }, [{ op: "move", from: "/a", path: "" }], { b: 1 }],
    [{ a: { b: 1 } }, [{ op: "copy", from: "", path: "/a/c" }], { a: { b: 1, c: { a: { b: 1 } } } }],
    [
      { a: [1] },
      [
        { op: "copy", from: "/a", path: "/b" },
        { op: "add", path: "/b/-", value: 2 },
      ],
      { a: [1], b: [1, 2] },
    ],
    [[1, 2, 3], [{ op: "move", from: "/0", path: "/-" }], [2, 3, 1]],
    [
      { "~1": 1, "/": 2 },
      [
        { op: "test", path: "/~01", value: 1 },
        { op: "test", path: "/~1", value: 2 },
      ],
      { "~1": 1, "/": 2 },
    ],
    [{ ab: {}, a: 1 }, [{ op: "move", from: "/a", path: "/ab/c" }], { ab: { c: 1 } }],
    [
      {},
      [
        { op: "add", path: "/toString", value: 1 },
        { op: "test", path: "/toString", value: 1 },
      ],
      { toString: 1 },
    ],
    [
      {},
      [
        { op: "add", path: "/constructor", value: {} },
        { op: "add", path: "/constructor/x", value: 1 },
      ],
      { constructor: { x: 1 } },
    ],
  ];
  test.each(results)("%j with %j is %j", (document, operations, result) => {
    // As `toStrictEqual` asks an object for its constructor, which is data in one of these.
    expect(jsonEquals(patch(document, ...operations), result)).toBe(true);
  });

  const failures: [code: string, document: JsonValue, operation: JsonValue][] = [
    ["patch_invalid", {}, null],
    ["patch_invalid", {}, []],
    ["patch_invalid", {}, { path: "/a" }],
    ["patch_invalid", {}, { op: "constructor", path: "/a", value: 1 }],
    ["patch_invalid", {}, { op: "add", value: 1 }],
    ["patch_invalid", {}, { op: "add", path: "/a" }],
    ["patch_invalid", {}, { op: "add", path: "a", value: 1 }],
    ["patch_invalid", {}, { op: "add", path: "/~2", value: 1 }],
    ["patch_invalid", {}, { op: "add", path: "/a~", value: 1 }],
    ["patch_invalid", {}, { op: "add", path: 7, value: 1 }],
    ["patch_invalid", { a: 1 }, { op: "copy", path: "/a" }],
    ["patch_invalid", { a: { b: {} } }, { op: "move", from: "/a", path: "/a/b/c" }],
    ["patch_invalid", { a: 1 }, { op: "move", from: "", path: "/a" }],
    ["patch_invalid", { a: 1 }, { op: "remove", path: "" }],
    ["patch_conflict", {}, { op: "remove", path: "/toString" }],
    ["patch_conflict", {}, { op: "test", path: "/constructor/name", value: "Object" }],
    ["patch_conflict", {}, { op: "add", path: "/constructor/prototype/polluted", value: 1 }],
    ["patch_conflict", {}, { op: "replace", path: "/a", value: 1 }],
    ["patch_conflict", { a: "text" }, { op: "add", path: "/a/0", value: 1 }],
    ["patch_conflict", { a: "text" }, { op: "test", path: "/a/length", value: 4 }],
    ["patch_conflict", [1], { op: "add", path: "/2", value: 1 }],
    ["patch_conflict", [1], { op: "replace", path: "/-", value: 1 }],
    ["patch_conflict", [1], { op: "remove", path: "/00" }],
    ["patch_conflict", [1], { op: "test", path: "/length", value: 1 }],
    ["patch_conflict", [1], { op: "add", path: "/99999999999999999999", value: 1 }],
    ["patch_conflict", { a: null }, { op: "test", path: "/b", value: null }],
  ];
  test.each(failures)("%s: %j with %j", (code, document, operation) => {
    const passes = { op: "test", path: "", value: document };
    expect(() => patch(document, passes, operation)).toThrow(refusal(code, { operation: 1 }));
  });

  test("what is not an array is refused", () => {
    expect(() => applyJsonPatch({}, { op: "remove", path: "/a" })).toThrow(
      refusal("patch_invalid", { operation: 0 }),
    );
  });

  test("a failed test does not show the value", () => {
    const run = (): JsonValue => patch({ a: "hunter2" }, { op: "test", path: "/a", value: "hunter3" });
    expect(run).toThrow("Operation 0: the test of /a failed.");
  });

  test("the result shares nothing with its input", () => {
    const document = { a: { b: 1 } };
    const value = { c: 1 };
    const result = applyJsonPatch(document, [{ op: "add", path: "/v", value }]) as JsonObject;
    expect([result.a === document.a, result.v === value]).toEqual([false, false]);
  });
});

describe("hostile patches", () => {
  test.each(["/__proto__", "/__proto__/polluted", "/a/__proto__", "/\0", "/\ud800"])(
    "the pointer %j",
    (path) => {
      for (const op of ["add", "replace", "remove", "test", "copy", "move"])
        for (const from of ["/a", path])
          expect(() => patch({ a: {} }, { op, path, from, value: 1 })).toThrow(refusal("json_value_refused"));
      expect(() => patch({ a: {} }, { op: "copy", path: "/b", from: path })).toThrow(
        refusal("json_value_refused"),
      );
      expect("polluted" in {}).toBe(false);
    },
  );

  test("a value with the key __proto__", () => {
    const value = JSON.parse('{"x":[{"__proto__":{"polluted":1}}]}') as JsonValue;
    expect(() => patch({}, { op: "add", path: "/a", value })).toThrow(
      refusal("json_value_refused", { path: "/a/x/0/__proto__" }),
    );
  });

  const doubling = (count: number): JsonValue[] =>
    Array.from({ length: count }, (_, index) => ({ op: "copy", from: "", path: `/k${index}` }));

  test("copies that double are stopped by their sum", () => {
    expect(() => patch({ a: "x".repeat(1000) }, ...doubling(60))).toThrow(
      refusal("patch_invalid", { operation: 10 }),
    );
    const copies = [
      { op: "copy", from: "/a", path: "/b" },
      { op: "copy", from: "/a", path: "/c" },
    ];
    expect(applyJsonPatch({ a: "12345678" }, copies, { maxGrowthBytes: 20 })).toHaveProperty("c");
    expect(() => applyJsonPatch({ a: "12345678" }, copies, { maxGrowthBytes: 19 })).toThrow(/grows beyond/);
  });

  test("moves to a deeper place and back again are stopped too", () => {
    const document = { a: "x".repeat(8000), b: {} };
    const pair = [
      { op: "move", from: "/a", path: "/b/c" },
      { op: "move", from: "/b/c", path: "/a" },
    ];
    expect(patch(document, ...pair)).toEqual(document);
    expect(() => patch(document, ...Array<JsonValue[]>(200).fill(pair).flat())).toThrow(
      refusal("patch_invalid"),
    );
  });

  test("depth is that of the pointer and the value together", () => {
    const path = "/a".repeat(255);
    const document = JSON.parse(`${'{"a":'.repeat(254)}{}${"}".repeat(254)}`);
    const add = (value: JsonValue): JsonValue[] => [{ op: "add", path, value }];
    expect(applyJsonPatch(document, add([1]))).toBeDefined();
    expect(() => applyJsonPatch(document, add([[]]))).toThrow(
      refusal("json_too_deep", { path: `${path}/0`, maxDepth: 256 }),
    );
    const deep = { ...document, v: [[1]] };
    for (const op of ["copy", "move"])
      expect(() => applyJsonPatch(deep, [{ op, from: "/v", path }])).toThrow(refusal("json_too_deep"));
  });

  test("20,000 levels, in one value or step by step", () => {
    const deep = nested(20_000);
    expect(() => applyJsonPatch(deep, [])).toThrow(refusal("json_too_deep"));
    for (const op of ["add", "replace", "test"])
      expect(() => applyJsonPatch({}, [{ op, path: "", value: deep }])).toThrow(refusal("json_too_deep"));
    const steps = Array.from({ length: 20_000 }, (_, index) => ({
      op: "add",
      path: "/0".repeat(index + 1),
      value: [],
    }));
    expect(() => applyJsonPatch([], steps.slice(0, 300))).toThrow(refusal("json_too_deep"));
    const wrapping = Array<JsonValue[]>(10_000)
      .fill([
        { op: "add", path: "/b", value: {} },
        { op: "move", from: "/a", path: "/b/a" },
        { op: "move", from: "/b", path: "/a" },
      ])
      .flat();
    expect(() => applyJsonPatch({ a: 1 }, wrapping)).toThrow(refusal("json_too_deep"));
    expect(() => applyJsonPatch({}, [{ op: "add", path: "/a".repeat(20_000), value: 1 }])).toThrow(
      refusal("patch_conflict"),
    );
  });
});
