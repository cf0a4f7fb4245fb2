import assert from "node:assert/strict";
import { send } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import type { Refusal } from "../../expectations.ts";
import { expectJson, expectRefused } from "../../expectations.ts";
import { ADMIN_KEY, seededUser, storedUnsafe } from "../../fixtures.ts";
import { DEEP, SHALLOW } from "../../routes.ts";

const INVALID: Refusal = [400, "json_invalid"];
const NOT_OBJECT: Refusal = [422, "json_not_object"];
const VALUE: Refusal = [422, "json_value_refused"];
const DEPTH: Refusal = [422, "json_too_deep"];

const nested = (levels: number, open: string, close: string): string =>
  open.repeat(levels) + close.repeat(levels);
const objects = (levels: number): string => `${'{"a":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`;

/** Bytes that are put into a string of an otherwise good object. */
const inString = (...bytes: number[]): Uint8Array =>
  new Uint8Array(Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]));

const MALFORMED = [
  "nonsense",
  "{",
  '{"a":1',
  '{"a":1,}',
  '{"a" 1}',
  "{a:1}",
  "{'a':1}",
  '{"a":1}{',
  '{"a":1} x',
  '{"a":01}',
  '{"a":+1}',
  '{"a":.5}',
  '{"a":1.}',
  '{"a":0x10}',
  '{"a":NaN}',
  '{"a":Infinity}',
  '{"a":undefined}',
  '{"a":[1,]}',
  '{"a":"\\u00zz"}',
  '{"a":"\\x41"}',
  '{"a":"line\nbreak"}',
  '{"a":"nul\u0000"}',
  '{"a":1} // comment',
];

type Hostile = readonly [name: string, refusal: Refusal, ...bodies: (string | Uint8Array)[]];

/** Objects that no tier may become. */
const HOSTILE_OBJECTS: readonly Hostile[] = [
  ["U+0000 in a string", VALUE, '{"a":"\\u0000"}', '{"a":{"b":["x\\u0000y"]}}'],
  ["U+0000 in a key", VALUE, '{"\\u0000":1}', '{"a":{"k\\u0000":1}}'],
  [
    "a lone surrogate",
    VALUE,
    '{"a":"\\ud800"}',
    '{"a":["\\udc00"]}',
    '{"a":"\\udc00\\ud800"}',
    '{"a":"\\uD83Dx"}',
  ],
  ["a lone surrogate in a key", VALUE, '{"\\ud800":1}', '{"a":{"\\udfff":1}}'],
  ["a number that no double holds", VALUE, '{"a":1e400}', '{"a":-1e400}', '{"a":[{"b":1E+999}]}'],
  [
    "an integer that a double would round",
    VALUE,
    '{"a":9007199254740993}',
    '{"a":[-9007199254740993]}',
    '{"a":123456789012345678901234567890}',
    '{"a":9007199254740993.0}',
    '{"a":9007199254740.993e3}',
    '{"a":1152921504606846976}',
  ],
  [
    "a fraction that a double would alter",
    VALUE,
    '{"a":0.10000000000000001}',
    '{"a":[3.14159265358979323846]}',
    '{"a":1e-400}',
  ],
  ["the key __proto__", VALUE, '{"__proto__":{"polluted":1}}', '{"a":[{"__proto__":null}]}'],
  [
    "the key __proto__ written with escapes",
    VALUE,
    '{"\\u005f_proto__":{"polluted":1}}',
    '{"a":{"__prot\\u006f__":1}}',
  ],
  ["33 levels", DEPTH, objects(33), `{"a":${nested(32, "[", "]")}}`],
  ["20,000 levels of arrays", DEPTH, `{"a":${nested(20_000, "[", "]")}}`],
  ["20,000 levels of objects", DEPTH, objects(20_000)],
];

/** Bodies that are not objects. */
const HOSTILE_BODIES: readonly Hostile[] = [
  ["what is not JSON", INVALID, ...MALFORMED],
  ["only white space", [400, "json_invalid", "body_missing"], " ", "\n\t \r\n"],
  [
    "invalid UTF-8",
    INVALID,
    inString(0xc3, 0x28),
    inString(0xff),
    inString(0xc0, 0xaf),
    inString(0xed, 0xa0, 0x80),
    inString(0xf0, 0x9f),
    inString(0xf4, 0x90, 0x80, 0x80),
  ],
  ["UTF-16", INVALID, new Uint8Array(Buffer.from('\ufeff{"a":1}', "utf16le"))],
  ["two byte order marks", INVALID, '\ufeff\ufeff{"a":1}'],
  ["only a byte order mark", [400, "json_invalid", "body_missing"], "\ufeff"],
  ["a root that is not an object", NOT_OBJECT, "[]", '[{"a":1}]', '"text"', "1", "true", "false", "null"],
  ["an endless array of arrays", [422, "json_too_deep", "json_not_object"], nested(20_000, "[", "]")],
];

const SESSION_ROUTES = [
  ["PATCH", "/metadata", SHALLOW],
  ["PATCH", "/metadata", DEEP],
  ["PUT", "/metadata", SHALLOW],
  ["POST", "/updateinfo", SHALLOW],
] as const;

const ADMIN_ROUTES = [
  ["PATCH", SHALLOW],
  ["PATCH", DEEP],
  ["PUT", SHALLOW],
] as const;

type Body = string | Uint8Array;

/** One of the routes for each body but the first, which goes to all of them. */
const routesFor = <Route>(routes: readonly Route[], index: number): readonly Route[] =>
  index === 0 ? routes : routes.slice(index % routes.length).slice(0, 1);

const refusedForUser = async (
  context: HttpContext,
  refusal: Refusal,
  body: Body,
  index = 0,
): Promise<void> => {
  const user = await seededUser(context);
  for (const [method, path, type] of routesFor(SESSION_ROUTES, index)) {
    await expectRefused(context, user, { method, path, type, body, bearer: user.token }, refusal);
  }
};

const refusedForAdmin = async (
  context: HttpContext,
  refusal: Refusal,
  body: Body,
  index = 0,
): Promise<void> => {
  const user = await seededUser(context);
  for (const [method, type] of routesFor(ADMIN_ROUTES, index)) {
    const request = { method, path: user.adminPath, type, body, bearer: ADMIN_KEY };
    await expectRefused(context, user, request, refusal);
  }
};

const inTier = (body: Body): string => `{"publicMetadata":{"written":1},"unsafeMetadata":${body}}`;

const noPollution = (): void => {
  assert.equal(
    ({} as { polluted?: unknown }).polluted,
    undefined,
    "the prototype of every object is polluted",
  );
};

const accepts = (name: string, text: string, value: unknown): HttpCase => ({
  name: `hostile JSON, accepted: ${name}`,
  async run(context) {
    for (const [method, path, type] of SESSION_ROUTES) {
      const user = await seededUser(context);
      await context.engine.updateUserMetadata(user.id, { unsafeMetadata: { theme: null, nested: null } });
      expectJson(await send(context, { method, path, type, body: text, bearer: user.token }));
      assert.deepEqual(await storedUnsafe(context, user), value);
      noPollution();
    }
  },
});

/** What must never be stored, and what only looks as if. */
export const hostileJsonCases: readonly HttpCase[] = [
  ...HOSTILE_OBJECTS.map(([name, refusal, ...bodies]) => ({
    name: `hostile JSON, refused: ${name}`,
    async run(context: HttpContext): Promise<void> {
      for (const [index, body] of bodies.entries()) {
        await refusedForUser(context, refusal, body, index);
        await refusedForAdmin(context, refusal, inTier(body), index);
      }
      noPollution();
    },
  })),
  ...HOSTILE_BODIES.map(([name, refusal, ...bodies]) => ({
    name: `hostile body, refused: ${name}`,
    async run(context: HttpContext): Promise<void> {
      for (const [index, body] of bodies.entries()) {
        await refusedForUser(context, refusal, body, index);
        await refusedForAdmin(context, refusal, body, index);
      }
    },
  })),
  {
    name: "hostile body, refused: a missing one",
    async run(context) {
      await refusedForUser(context, [400, "body_missing"], "");
      await refusedForAdmin(context, [400, "body_missing"], "");
      const user = await seededUser(context);
      for (const [method, path] of SESSION_ROUTES) {
        await expectRefused(context, user, { method, path, bearer: user.token }, [400, "body_missing"]);
      }
    },
  },
  accepts("a byte order mark", '\ufeff{"a":1}', { a: 1 }),
  accepts("U+FFFD that was sent as such", '{"a":"\ufffd"}', { a: "\ufffd" }),
  accepts("32 levels", objects(32), JSON.parse(objects(32))),
  accepts("a surrogate pair in escapes", '{"\\ud83d\\ude00":"\\uD83D\\uDE00"}', { "😀": "😀" }),
  accepts("numbers that a double holds", '{"a":[9007199254740992,-0.5,1e20,5e-324,1.7976931348623157e308]}', {
    a: [9007199254740992, -0.5, 1e20, 5e-324, 1.7976931348623157e308],
  }),
  // 2^64, 2^60, and a time in nanoseconds as JavaScript writes them; then what other languages write.
  accepts(
    "numbers as JavaScript writes them, however large",
    `{"a":[${2 ** 64},${-(2 ** 60)},${1_764_533_555_123 * 1e6},${0.1 + 0.2}]}`,
    { a: [2 ** 64, -(2 ** 60), 1_764_533_555_123 * 1e6, 0.1 + 0.2] },
  ),
  accepts("one value in several spellings", '{"a":[1.50,15e-1,0.000000000000000015e17,0E+999,100000e-5]}', {
    a: [1.5, 1.5, 1.5, 0, 1],
  }),
  accepts(
    "constructor and prototype as data",
    '{"constructor":{"prototype":{"polluted":1}},"prototype":{"a":1}}',
    {
      constructor: { prototype: { polluted: 1 } },
      prototype: { a: 1 },
    },
  ),
  accepts("a key twice, of which the last counts", '{"a":1,"a":{"b":2}}', { a: { b: 2 } }),
  accepts("an empty key and control characters in escapes", '{"":"\\u0001\\u001f\\u007f"}', {
    "": "\u0001\u001f\u007f",
  }),
];
