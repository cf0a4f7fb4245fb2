import { describe, expect, test } from "vitest";
import type { JsonObject, JsonValue } from "../src/document/json.ts";
import { mergeDeep, mergeShallow } from "../src/document/merge.ts";

const freeze = <T extends JsonValue>(value: T): T => {
  if (typeof value !== "object" || value === null) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
};
const parse = (text: string): JsonObject => JSON.parse(text) as JsonObject;
const refusal = (code: string): unknown => expect.objectContaining({ code });

/** The code that something throws, or that it went through. A stack overflow is neither. */
const outcome = (act: () => unknown): string => {
  try {
    act();
    return "merged";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};

describe("mergeDeep is RFC 7396, appendix A", () => {
  const cases: [target: JsonValue, patch: JsonValue, result: JsonValue][] = [
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ a: "foo" }, "bar", "bar"],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  test.each(cases)("%j with %j is %j", (target, patch, result) => {
    expect(mergeDeep(freeze(target), freeze(patch))).toStrictEqual(result);
  });
});

describe("mergeShallow is SuperTokens' updateUserMetadata", () => {
  const stored = {
    preferences: { theme: "dark" },
    notifications: { email: true },
    todos: ["use-text-notifs"],
  };
  const update = { notifications: { sms: true }, todos: null };

  test("its worked example, and what deep makes of it", () => {
    expect(mergeShallow(freeze(stored), freeze(update))).toStrictEqual({
      preferences: { theme: "dark" },
      notifications: { sms: true },
    });
    expect(mergeDeep(freeze(stored), freeze(update))).toStrictEqual({
      preferences: { theme: "dark" },
      notifications: { email: true, sms: true },
    });
  });

  const cases: [target: JsonObject, patch: JsonObject, text: string][] = [
    [{ a: 1, b: 2 }, { a: 3 }, '{"b":2,"a":3}'],
    [{ a: 1, b: 2, c: 3 }, { b: 1, a: 1 }, '{"c":3,"b":1,"a":1}'],
    [{}, { a: null }, "{}"],
    [{ a: 1 }, {}, '{"a":1}'],
    [{ a: { x: 1 } }, { a: { y: null, z: [null] } }, '{"a":{"y":null,"z":[null]}}'],
  ];
  test.each(cases)("%j with %j", (target, patch, text) => {
    expect(JSON.stringify(mergeShallow(freeze(target), freeze(patch)))).toBe(text);
  });
});

test("mergeDeep keeps the order of keys that stay", () => {
  expect(JSON.stringify(mergeDeep({ a: 1, b: { c: 1, d: 2 } }, { b: { c: 3 }, a: 2 }))).toBe(
    '{"a":2,"b":{"c":3,"d":2}}',
  );
});

describe.each([
  ["mergeDeep", mergeDeep as typeof mergeShallow],
  ["mergeShallow", mergeShallow],
])("%s", (_, merge) => {
  test("shares what was not touched", () => {
    const target = freeze({ same: { x: 1 }, other: 1 });
    expect(merge(target, { other: 2 }).same).toBe(target.same);
  });

  test("takes the names of Object.prototype as plain keys", () => {
    const names =
      '{"constructor":{"prototype":{"polluted":1}},"toString":{"x":1},"hasOwnProperty":1,"prototype":{"polluted":1}}';
    expect(JSON.stringify(merge({}, parse(names)))).toBe(names);
    expect(JSON.stringify(merge(parse(names), { toString: null, constructor: null }))).toBe(
      '{"hasOwnProperty":1,"prototype":{"polluted":1}}',
    );
    expect("polluted" in {} || "polluted" in Object).toBe(false);
  });

  test.each([
    '{"__proto__":{"polluted":1}}',
    '{"__proto__":null}',
    '{"a":{"__proto__":{"polluted":1}}}',
    '{"a":[{"__proto__":1}]}',
    '{"constructor":{"prototype":{"__proto__":1}}}',
  ])("%s pollutes nothing", (patch) => {
    expect(["merged", "json_value_refused"]).toContain(outcome(() => merge({ a: {} }, parse(patch))));
    expect("polluted" in {}).toBe(false);
  });

  test.each(['{"__proto__":{"polluted":1}}', '{"__proto__":null}'])("refuses %s", (patch) => {
    expect(() => merge({ a: {} }, parse(patch))).toThrow(refusal("json_value_refused"));
  });

  test.each(['{"a":', "["])("ends on 20,000 levels of %s", (open) => {
    const close = open === "[" ? "]" : "}";
    const deep = parse(`{"k":${open.repeat(20_000)}${open === "[" ? "" : 1}${close.repeat(20_000)}}`);
    expect(["merged", "json_too_deep"]).toContain(outcome(() => merge({}, deep)));
    expect(["merged", "json_too_deep"]).toContain(outcome(() => merge(deep, deep)));
    expect(Object.keys(merge(deep, { x: 1 }))).toEqual(["k", "x"]);
  });
});
