import { describe, expect, test } from "vitest";
import type { JsonValue } from "../src/document/json.ts";
import { copyJson, jsonEquals, MAX_DEPTH_CAP } from "../src/document/json-profile.ts";
import { UserMetadataError } from "../src/errors.ts";
import { parseJson } from "../src/http/parse-json.ts";
import type { RequestBody } from "../src/transport/request-view.ts";

const failure = (run: () => unknown): UserMetadataError => {
  try {
    run();
  } catch (error) {
    if (UserMetadataError.is(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

describe("parseJson accepts", () => {
  const texts = [
    "{}",
    '{"a":[1,-2.5e3,true,false,null,"x"],"":{"b":""}}',
    '{"constructor":1,"toString":2,"hasOwnProperty":3,"prototype":4,"proto":"__proto__"}',
    '{"a":9007199254740992,"b":1152921504606847000,"c":-9007199254740992}',
    '{"a":9007199254740992.0,"b":9007199254740992e0,"c":0.12345678901234568,"d":1e308}',
    '{"a":"9007199254740993","b":"\\" 9007199254740993","9007199254740993":1}',
    '"\\ud83d\\ude00 \\\\u0000 \u{1f600} \\u0001"',
    " \n7\t",
    nested(32),
  ];
  test.each(texts)("%s", (text) => {
    const value: unknown = JSON.parse(text);
    expect(parseJson(text)).toEqual(value);
    expect(parseJson(bytes(text))).toEqual(value);
  });

  test("a byte order mark, in bytes and in text", () => {
    expect(parseJson("\uFEFF{}")).toEqual({});
    expect(parseJson(bytes("\uFEFF{}"))).toEqual({});
  });
});

describe("parseJson refuses", () => {
  const values: [text: string, path: string][] = [
    ['{"a":"\\u0000"}', "/a"],
    ['{"a":[0,{"\\u0000":1}]}', "/a/1/\0"],
    ['{"a/b~":"\\ud800"}', "/a~1b~0"],
    ['["x\\udc00x"]', "/0"],
    ['["\ud800"]', "/0"],
    ['{"\\ude00\\ud83d":1}', "/\ude00\ud83d"],
    ["1e400", ""],
    ['{"a":[-1e400]}', "/a/0"],
    [`{"a":${"9".repeat(400)}}`, "/a"],
    ['{"a":{"b":9007199254740993}}', "/a/b"],
    ["[1,-9007199254740993]", "/1"],
    ['{"a":"\\\\","b":12345678901234567}', "/b"],
    ['{"__proto__":{"x":1}}', "/__proto__"],
    ['[[{"\\u005f_proto__":1}]]', "/0/0/__proto__"],
  ];
  test.each(values)("%j with json_value_refused at %j", (text, path) => {
    const inputs: RequestBody[] = text.isWellFormed() ? [text, bytes(text)] : [text];
    for (const input of inputs) {
      expect(failure(() => parseJson(input))).toMatchObject({
        code: "json_value_refused",
        details: { path },
      });
    }
  });

  const invalid: [name: string, body: RequestBody][] = [
    ["bytes that are not UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
    ["an encoded surrogate", new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ["an overlong slash", new Uint8Array([0x22, 0xc0, 0xaf, 0x22])],
    ["UTF-16", new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0])],
    ...[
      "{",
      "{'a':1}",
      '{"a":1,}',
      "[1]x",
      "NaN",
      "undefined",
      "01",
      "+1",
      " ",
      '"\u0000"',
      '"\n"',
      "[,1]",
      "// c\n1",
    ].map((text): [string, string] => [text, text]),
  ];
  test.each(invalid)("%j with json_invalid", (_, body) => {
    expect(failure(() => parseJson(body)).code).toBe("json_invalid");
  });

  test.each([{ body: "" }, { body: new Uint8Array() }, { body: { parsed: undefined } }])(
    "$body as missing",
    ({ body }) => {
      expect(failure(() => parseJson(body)).code).toBe("body_missing");
    },
  );

  test("more than 256 levels", () => {
    expect(parseJson(nested(256))).toBeDefined();
    for (const depth of [257, 20_000]) {
      expect(failure(() => parseJson(nested(depth)))).toMatchObject({
        code: "json_too_deep",
        details: { path: "/0".repeat(256), maxDepth: 256 },
      });
      expect(failure(() => parseJson('{"a":'.repeat(depth) + 1 + "}".repeat(depth))).code).toBe(
        "json_too_deep",
      );
    }
  });

  test("and never shows a value", () => {
    const bodies = [
      '{"a":"hunter2" x}',
      "hunter2",
      '{"hunter2 at position 4711"',
      '{"a":["hunter2\\u0000"]}',
    ];
    for (const body of bodies) {
      const error = failure(() => parseJson(body));
      expect(`${error.message} ${String(error.cause)} ${JSON.stringify(error)}`).not.toMatch(/hunter2|4711/);
    }
  });
});

describe("parseJson of what an app's parser has read", () => {
  test("copies it", () => {
    const parsed = { a: [{ b: 1 }] };
    const value = parseJson({ parsed });
    expect(value).toEqual(parsed);
    expect(value).not.toBe(parsed);
  });

  test.each([2 ** 53, -(2 ** 53), 1e20])("refuses the integer %d", (n) => {
    expect(failure(() => parseJson({ parsed: { n } }))).toMatchObject({
      code: "json_value_refused",
      details: { path: "/n" },
    });
  });

  test("accepts the largest safe integer and any fraction", () => {
    const parsed = [Number.MAX_SAFE_INTEGER, 0.1, -0.5];
    expect(parseJson({ parsed })).toEqual(parsed);
  });
});

describe("copyJson", () => {
  test("copies deeply, leaves out undefined properties and symbols, takes null prototypes", () => {
    const bare: unknown = Object.assign(Object.create(null), { x: 1 });
    const input = {
      a: [1, { b: "c" }],
      gone: undefined,
      bare,
      big: 2 ** 60,
      [Symbol("s")]: 1,
      constructor: "c",
    };
    const copy = copyJson(input) as { a: JsonValue[] };
    expect(copy).toStrictEqual({ a: [1, { b: "c" }], bare: { x: 1 }, big: 2 ** 60, constructor: "c" });
    expect(copy.a).not.toBe(input.a);
    expect(copy.a[1]).not.toBe(input.a[1]);
  });

  class Point {
    x = 1;
  }
  const sparse: unknown[] = [];
  sparse.length = 2 ** 32 - 1;
  const hostile: [name: string, value: unknown][] = [
    ["undefined in an array", [undefined]],
    ["a hole", sparse],
    ["a function", [() => 1]],
    ["a symbol", [Symbol("s")]],
    ["a bigint", [1n]],
    ["NaN", [Number.NaN]],
    ["Infinity", [Number.NEGATIVE_INFINITY]],
    ["a Date", [new Date(0)]],
    ["an instance", [new Point()]],
    ["a Map", [new Map()]],
    ["bytes", [new Uint8Array(2)]],
    ["a boxed string", [Object("x")]],
    ["an object that inherits", [Object.create({ inherited: 1 })]],
    ["U+0000", ["\0"]],
    ["a lone surrogate", ["\ud800"]],
  ];
  test.each(hostile)("refuses %s", (_, value) => {
    expect(failure(() => copyJson(value))).toMatchObject({
      code: "json_value_refused",
      details: { path: "/0" },
    });
    expect(failure(() => copyJson({ k: value })).details).toEqual({ path: "/k/0" });
  });

  test("says what to write instead of a Date", () => {
    expect(failure(() => copyJson({ at: new Date(0) })).message).toBe(
      "Refused at /at: a Date is not JSON; store a plain object, of a Date its toISOString().",
    );
  });

  test("refuses cycles and its own key __proto__, and pollutes nothing", () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = [cycle, cycle];
    expect(failure(() => copyJson(cycle))).toMatchObject({
      code: "json_too_deep",
      details: { maxDepth: MAX_DEPTH_CAP },
    });
    expect(failure(() => copyJson(JSON.parse('{"a":{"__proto__":{"polluted":1}}}'))).details).toEqual({
      path: "/a/__proto__",
    });
    expect("polluted" in {}).toBe(false);
  });
});

test("copyJson counts depth and path from the root of the larger value", () => {
  const at = Array.from({ length: 255 }, () => "x");
  expect(copyJson({ a: 1 }, at)).toEqual({ a: 1 });
  expect(failure(() => copyJson({ a: [] }, at))).toMatchObject({
    code: "json_too_deep",
    details: { path: `${"/x".repeat(255)}/a` },
  });
  expect(failure(() => copyJson({ a: [Number.NaN] }, ["x", "y"])).details).toEqual({ path: "/x/y/a/0" });
});

test.each([
  [{ a: 1, b: [2, { c: null }] }, { b: [2, { c: null }], a: 1 }, true],
  [0, -0, true],
  [1, "1", false],
  [[1, 2], [2, 1], false],
  [[1], [1, 2], false],
  [[], {}, false],
  [{ 0: 1 }, [1], false],
  [{}, null, false],
  [{ a: 1 }, { b: 1 }, false],
  [{ toString: 1 }, {}, false],
  [{ a: null }, { toString: null }, false],
] as [JsonValue, JsonValue, boolean][])("jsonEquals(%j, %j) is %s, both ways", (a, b, equal) => {
  expect(jsonEquals(a, b)).toBe(equal);
  expect(jsonEquals(b, a)).toBe(equal);
});
