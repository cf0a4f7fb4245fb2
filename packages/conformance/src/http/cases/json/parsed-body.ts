import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { send } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import type { Refusal } from "../../expectations.ts";
import { expectJson, expectRefused } from "../../expectations.ts";
import { ADMIN_KEY, seededUser, storedUnsafe } from "../../fixtures.ts";
import { SHALLOW } from "../../routes.ts";

/** Cases that must come out the same if the app has read the body first. */
export const SAME_BEHIND_A_PARSER: readonly string[] = [
  "GET /metadata answers the user view with its ETag",
  "POST /updateinfo merges shallowly into the unsafe tier and answers the message beside the view",
  "PATCH /metadata writes the unsafe tier alone and answers what is stored",
  "PATCH /metadata takes a JSON Patch whose pointers start in the unsafe tier",
  "PUT /metadata replaces the unsafe tier and leaves the others",
  "DELETE /metadata clears the unsafe tier and leaves the others",
  "metadata in any script keeps its characters, and Content-Length counts bytes",
  "an admin's PATCH merges deeply into each tier named and leaves the others",
  "an admin's PATCH of application/json merges shallowly into each tier named",
  "an admin's JSON Patch starts at the document",
  "an admin's PUT replaces each tier named; a tier left out stays",
  "an admin's DELETE removes the document with a 204, and does so again",
  "an admin's write is all or nothing",
  "semantics: the worked example, updated shallowly",
  "semantics: the worked example, updated deeply, keeps what the shallow update drops",
  "a body with no content type is a 415",
  "If-Match with another version is a 412 on every write",
  "refused: no token",
  "refused: garbage",
  "hostile JSON, refused: U+0000 in a string",
  "hostile JSON, refused: a lone surrogate",
  "hostile JSON, refused: a number that no double holds",
  "hostile JSON, refused: an integer that a double would round",
  "hostile JSON, refused: 33 levels",
  "hostile body, refused: a missing one",
  "hostile body, refused: only a byte order mark",
  "hostile body, refused: invalid UTF-8",
  "a tier of 8192 bytes is accepted and one of 8193 refused (two-byte characters)",
  "what counts is the merged tier, not the patch",
  "HEAD answers as GET, without the body",
  "another method with a body writes nothing, and the connection stays usable",
  "of 50 updates of one user at once, each of another key, none is lost",
];

const refusedRaw = async (context: HttpContext, body: string, refusal: Refusal): Promise<void> => {
  const user = await seededUser(context);
  for (const [method, path] of [
    ["PATCH", "/metadata"],
    ["PUT", "/metadata"],
    ["POST", "/updateinfo"],
  ] as const) {
    await expectRefused(context, user, { method, path, type: SHALLOW, body, bearer: user.token }, refusal);
  }
  const admin = { method: "PATCH", path: user.adminPath, type: SHALLOW, bearer: ADMIN_KEY };
  await expectRefused(context, user, { ...admin, body }, refusal);
};

/** What shows only if the app's own body parser runs before the adapter. */
export const parsedBodyCases: readonly HttpCase[] = [
  {
    name: "behind a parser: an array is not an object",
    mount: "parsed",
    run: (context) => refusedRaw(context, '[{"a":1}]', [422, "json_not_object"]),
  },
  {
    name: "behind a parser: any integer beyond 2^53 is refused, for it may have been rounded",
    mount: "parsed",
    async run(context) {
      const user = await seededUser(context);
      for (const number of ["9007199254740993", "-9007199254740993", "1e20"]) {
        const body = `{"written":{"list":[${number}]}}`;
        const request = { method: "PUT", path: "/metadata", type: SHALLOW, body, bearer: user.token };
        await expectRefused(context, user, request, [422, "json_value_refused"]);
      }
    },
  },
  {
    name: "behind a parser: the largest safe integer, and fractions, are accepted",
    mount: "parsed",
    async run(context) {
      const user = await seededUser(context);
      const value = { numbers: [9007199254740991, -9007199254740991, 0.1, 1e-7, 123456.789] };
      const request = { method: "PUT", path: "/metadata", type: SHALLOW, bearer: user.token };
      expectJson(await send(context, { ...request, body: { json: value } }));
      assert.deepEqual(await storedUnsafe(context, user), value);
    },
  },
  {
    name: "behind a parser: an empty object is a body",
    mount: "parsed",
    async run(context) {
      const user = await seededUser(context);
      const request = { method: "PUT", path: "/metadata", type: SHALLOW, bearer: user.token };
      expectJson(await send(context, { ...request, body: "{}" }));
      assert.deepEqual(await storedUnsafe(context, user), {});
    },
  },
  {
    name: "behind a parser: U+FFFD is refused, for it may stand for bytes that were not UTF-8",
    mount: "parsed",
    async run(context) {
      for (const body of ['{"a":"\ufffd"}', '{"a":[{"b\ufffdc":1}]}'])
        await refusedRaw(context, body, [400, "json_invalid"]);
    },
  },
  {
    name: "behind a parser: what it has inflated is not called compressed",
    mount: "parsed",
    async run(context) {
      const user = await seededUser(context);
      const body = new Uint8Array(gzipSync('{"written":1}'));
      const request = { method: "PUT", path: "/metadata", type: SHALLOW, bearer: user.token, body };
      expectJson(await send(context, { ...request, headers: { "content-encoding": "gzip" } }));
      assert.deepEqual(await storedUnsafe(context, user), { written: 1 });
    },
  },
];
