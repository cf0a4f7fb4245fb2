import assert from "node:assert/strict";
import { send } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import { expectJson } from "../../expectations.ts";
import { storedUnsafe, userWith } from "../../fixtures.ts";
import { DEEP, JSON_PATCH, SHALLOW } from "../../routes.ts";

interface Example {
  readonly name: string;
  readonly before: Parameters<typeof userWith>[1];
  readonly type: string;
  readonly patch: unknown;
  readonly after: unknown;
}

const SAMPLE = {
  preferences: { theme: "dark" },
  notifications: { email: true },
  todos: ["use-text-notifs"],
};
const SAMPLE_PATCH = { notifications: { sms: true }, todos: null };

const EXAMPLES: readonly Example[] = [
  {
    name: "the worked example, updated shallowly",
    before: SAMPLE,
    type: SHALLOW,
    patch: SAMPLE_PATCH,
    after: { preferences: { theme: "dark" }, notifications: { sms: true } },
  },
  {
    name: "the worked example, updated deeply, keeps what the shallow update drops",
    before: SAMPLE,
    type: DEEP,
    patch: SAMPLE_PATCH,
    after: { preferences: { theme: "dark" }, notifications: { email: true, sms: true } },
  },
  {
    name: "deep: null removes the key at any level",
    before: { a: { b: { c: 1, d: 2 }, e: 3 }, f: 4 },
    type: DEEP,
    patch: { a: { b: { c: null } }, f: null, absent: null },
    after: { a: { b: { d: 2 }, e: 3 } },
  },
  {
    name: "deep: a null in a new object is dropped, one in an array is kept",
    before: {},
    type: DEEP,
    patch: { a: { b: null, c: 1 }, list: [null, { x: null }] },
    after: { a: { c: 1 }, list: [null, { x: null }] },
  },
  {
    name: "deep: an array is replaced whole",
    before: { list: [1, 2, 3], object: { a: 1 } },
    type: DEEP,
    patch: { list: [4], object: [5] },
    after: { list: [4], object: [5] },
  },
  {
    name: "shallow: null removes a root key, and a nested null is kept",
    before: { a: 1, b: { c: 1 } },
    type: SHALLOW,
    patch: { a: null, b: { d: null }, absent: null },
    after: { b: { d: null } },
  },
  {
    name: "shallow: nested objects and arrays are replaced whole",
    before: { object: { a: 1, b: 2 }, list: [1, 2] },
    type: SHALLOW,
    patch: { object: { c: 3 }, list: [{}] },
    after: { object: { c: 3 }, list: [{}] },
  },
  {
    name: "JSON Patch: null is a value like any other",
    before: { a: 1 },
    type: JSON_PATCH,
    patch: [
      { op: "replace", path: "/a", value: null },
      { op: "add", path: "/b", value: { c: null } },
    ],
    after: { a: null, b: { c: null } },
  },
  {
    name: "JSON Patch: arrays are addressed by index, keys by pointer with its escapes",
    before: { list: [1, 2], "a/b": 1, "m~n": 2 },
    type: JSON_PATCH,
    patch: [
      { op: "add", path: "/list/-", value: 3 },
      { op: "remove", path: "/list/0" },
      { op: "replace", path: "/a~1b", value: 10 },
      { op: "remove", path: "/m~0n" },
    ],
    after: { list: [2, 3], "a/b": 10 },
  },
  {
    name: "an empty patch changes nothing of the tier",
    before: { a: { b: 1 } },
    type: DEEP,
    patch: {},
    after: { a: { b: 1 } },
  },
  {
    name: "keys that are names of an object's own methods are data",
    before: { toString: "x", valueOf: 1 },
    type: SHALLOW,
    patch: { hasOwnProperty: { a: 1 }, toString: null, constructor: "c" },
    after: { valueOf: 1, hasOwnProperty: { a: 1 }, constructor: "c" },
  },
];

const check = async (context: HttpContext, example: Example): Promise<void> => {
  const user = await userWith(context, structuredClone(example.before));
  const request = { method: "PATCH", path: "/metadata", bearer: user.token, type: example.type };
  const view = expectJson(await send(context, { ...request, body: { json: example.patch } }));
  assert.deepEqual(view.unsafeMetadata, example.after);
  assert.deepEqual(await storedUnsafe(context, user), example.after);
};

/** What null, nested objects and arrays do under each media type. */
export const semanticsCases: readonly HttpCase[] = EXAMPLES.map((example) => ({
  name: `semantics: ${example.name}`,
  run: (context) => check(context, example),
}));
