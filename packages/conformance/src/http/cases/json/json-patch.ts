import assert from "node:assert/strict";
import { send } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import type { Refusal } from "../../expectations.ts";
import { expectJson, expectRefused, expectUnchanged } from "../../expectations.ts";
import type { TestUser } from "../../fixtures.ts";
import { ADMIN_KEY, seededUser, storedUnsafe } from "../../fixtures.ts";
import { JSON_PATCH } from "../../routes.ts";

/** A bomb may be stopped while it grows, or when it has grown. */
const TOO_MUCH: Refusal = [422, "patch_invalid", "tier_too_large", "json_too_deep"];
const INVALID: Refusal = [422, "patch_invalid"];
const CONFLICT: Refusal = [409, "patch_conflict"];

const patch = (user: TestUser, operations: unknown) => ({
  method: "PATCH",
  path: "/metadata",
  bearer: user.token,
  type: JSON_PATCH,
  body: { json: operations },
});

const WRITE = { op: "add", path: "/written", value: 1 };

const MALFORMED: readonly (readonly [name: string, operations: unknown])[] = [
  ["an object if a list is wanted", { ...WRITE }],
  ["a list of other things", [WRITE, 1]],
  ["a null", [WRITE, null]],
  ["no op", [WRITE, { path: "/a", value: 1 }]],
  ["an unknown op", [WRITE, { op: "merge", path: "/a", value: 1 }]],
  ["an op that is an object's own method", [WRITE, { op: "toString", path: "/a", value: 1 }]],
  ["no path", [WRITE, { op: "add", value: 1 }]],
  ["a path that is not a string", [WRITE, { op: "add", path: ["a"], value: 1 }]],
  ["a path with no slash", [WRITE, { op: "add", path: "a", value: 1 }]],
  ["a path with a bad escape", [WRITE, { op: "add", path: "/a~2b", value: 1 }]],
  ["no value", [WRITE, { op: "add", path: "/a" }]],
  ["no from", [WRITE, { op: "copy", path: "/a" }]],
  ["a move into its own child", [WRITE, { op: "move", from: "/nested", path: "/nested/keep" }]],
];

const CONFLICTS: readonly (readonly [name: string, operation: unknown])[] = [
  ["a test that fails", { op: "test", path: "/theme", value: "dark" }],
  ["a test of what is not there", { op: "test", path: "/absent", value: null }],
  ["the removal of what is not there", { op: "remove", path: "/absent" }],
  ["the replacement of what is not there", { op: "replace", path: "/absent", value: 1 }],
  ["an addition below what is not there", { op: "add", path: "/absent/a", value: 1 }],
  ["a copy of what is not there", { op: "copy", from: "/absent", path: "/a" }],
];

const refused = async (context: HttpContext, operations: unknown, refusal: Refusal): Promise<void> => {
  const user = await seededUser(context);
  await expectRefused(context, user, patch(user, operations), refusal);
};

const nestedValue = (levels: number): unknown => (levels === 0 ? 1 : { a: nestedValue(levels - 1) });

/** RFC 6902 if it is malformed, in conflict, or an attack. */
export const jsonPatchCases: readonly HttpCase[] = [
  ...MALFORMED.map(([name, operations]) => ({
    name: `JSON Patch, refused: ${name}`,
    run: (context: HttpContext) => refused(context, operations, INVALID),
  })),
  ...CONFLICTS.map(([name, operation]) => ({
    name: `JSON Patch, in conflict: ${name}`,
    run: (context: HttpContext) => refused(context, [WRITE, operation], CONFLICT),
  })),
  {
    name: "JSON Patch, refused: a result that is not an object",
    async run(context) {
      await refused(context, [{ op: "replace", path: "", value: [] }], [422, "json_not_object"]);
      await refused(context, [{ op: "replace", path: "", value: null }], [422, "json_not_object"]);
    },
  },
  {
    name: "JSON Patch, refused: values outside the profile, __proto__ and depth included",
    async run(context) {
      await refused(
        context,
        [WRITE, { op: "add", path: "/a", value: "\u0000" }],
        [422, "json_value_refused"],
      );
      await refused(
        context,
        [WRITE, { op: "add", path: "/a", value: { b: "\ud800" } }],
        [422, "json_value_refused"],
      );
      await refused(
        context,
        [WRITE, { op: "add", path: "/a", value: nestedValue(40) }],
        [422, "json_too_deep"],
      );
      const user = await seededUser(context);
      const body = '[{"op":"add","path":"/a","value":{"__proto__":{"polluted":1}}}]';
      await expectRefused(context, user, { ...patch(user, []), body }, [422, "json_value_refused"]);
    },
  },
  {
    name: "JSON Patch, refused: depth that several operations add up to",
    async run(context) {
      const operations = [
        { op: "add", path: "/deep", value: nestedValue(20) },
        { op: "copy", from: "/deep", path: `/deep${"/a".repeat(20)}` },
      ];
      await refused(context, operations, [422, "json_too_deep"]);
    },
  },
  {
    name: "JSON Patch, refused: a pointer through a prototype",
    async run(context) {
      const user = await seededUser(context);
      for (const path of [
        "/__proto__/polluted",
        "/constructor/prototype/polluted",
        "/nested/__proto__/polluted",
      ]) {
        for (const operation of [
          { op: "add", path, value: 1 },
          { op: "copy", from: "/theme", path },
        ]) {
          await expectUnchanged(context, user, async () => {
            const answer = await send(context, patch(user, [operation]));
            assert.ok([409, 422].includes(answer.status), `${path}: ${answer.status} ${answer.text}`);
          });
          assert.equal(({} as { polluted?: unknown }).polluted, undefined);
        }
      }
      const key = { op: "add", path: "/__proto__", value: { polluted: 1 } };
      await expectRefused(context, user, patch(user, [key]), [422, "json_value_refused", "patch_invalid"]);
    },
  },
  {
    name: "JSON Patch, refused: a bomb of copies, each of all before",
    async run(context) {
      const grow = Array.from({ length: 200 }, (_, index) => ({
        op: "copy",
        from: "/a",
        path: `/a/k${index}`,
      }));
      const start = { op: "add", path: "/a", value: { text: "x".repeat(100) } };
      await refused(context, [start, ...grow], TOO_MUCH);
      const list = Array.from({ length: 200 }, () => ({ op: "copy", from: "/l", path: "/l/-" }));
      const first = { op: "add", path: "/l", value: ["x".repeat(100)] };
      await refused(context, [first, ...list], TOO_MUCH);
    },
  },
  {
    name: "JSON Patch, refused: a bomb of wide copies",
    async run(context) {
      const copies = Array.from({ length: 1500 }, (_, index) => ({
        op: "copy",
        from: "/a",
        path: `/b${index}`,
      }));
      const start = { op: "add", path: "/a", value: "x".repeat(8000) };
      await refused(context, [start, ...copies], TOO_MUCH);
    },
  },
  {
    name: "JSON Patch is all or nothing, for an admin over all tiers",
    async run(context) {
      const user = await seededUser(context);
      const operations = [
        { op: "add", path: "/publicMetadata/written", value: 1 },
        { op: "add", path: "/privateMetadata/written", value: 1 },
        { op: "test", path: "/unsafeMetadata/theme", value: "dark" },
      ];
      const request = { ...patch(user, operations), path: user.adminPath, bearer: ADMIN_KEY };
      const problem = await expectRefused(context, user, request, CONFLICT);
      assert.deepEqual(problem.details, { operation: 2 });
    },
  },
  {
    name: "JSON Patch may replace the whole tier",
    async run(context) {
      const user = await seededUser(context);
      expectJson(await send(context, patch(user, [{ op: "replace", path: "", value: { only: true } }])));
      assert.deepEqual(await storedUnsafe(context, user), { only: true });
    },
  },
];
