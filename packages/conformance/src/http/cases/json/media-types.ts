import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { send } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import { expectJson, expectRefused, listOf } from "../../expectations.ts";
import { ADMIN_KEY, seededUser, storedUnsafe } from "../../fixtures.ts";
import { DEEP, JSON_PATCH, SHALLOW } from "../../routes.ts";

const ACCEPTED = [
  "application/json; charset=utf-8",
  'application/json;charset="UTF-8"',
  "application/json ; charset=utf8; foo=bar",
  "APPLICATION/JSON",
  "application/merge-patch+json; charset=UTF-8",
  "Application/Merge-Patch+JSON",
];

const REFUSED = [
  "text/plain",
  "text/plain; charset=utf-8",
  "text/json",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/octet-stream",
  "application/jsonx",
  "application/vnd.api+json",
  "application",
  "json",
  "*/*",
  "application/json; charset=utf-16",
  "application/json; charset=iso-8859-1",
  "application/merge-patch+json; charset=latin1",
];

/** What a `PATCH` reads, sorted. */
const PATCHES = [JSON_PATCH, SHALLOW, DEEP].toSorted();

const patchAs = (bearer: string, type: string | undefined) => ({
  method: "PATCH",
  path: "/metadata",
  bearer,
  ...(type === undefined ? {} : { type }),
  body: { json: { written: 1 } },
});

const onlyJson = async (context: HttpContext, method: string, path: string): Promise<void> => {
  const user = await seededUser(context);
  for (const type of [DEEP, JSON_PATCH, "text/plain"]) {
    const request = { method, path, bearer: user.token, type, body: { json: { written: 1 } } };
    await expectRefused(context, user, request, [415, "content_type_unsupported"]);
  }
};

/** Which bodies are read, by what their headers say of them. */
export const mediaTypeCases: readonly HttpCase[] = [
  ...ACCEPTED.map((type) => ({
    name: `content type ${type} is accepted`,
    async run(context: HttpContext): Promise<void> {
      const user = await seededUser(context);
      expectJson(await send(context, patchAs(user.token, type)));
      const found = await storedUnsafe(context, user);
      assert.deepEqual(found, { theme: "light", nested: { keep: 1 }, written: 1 });
    },
  })),
  {
    name: "any other content type, or another charset, is a 415",
    async run(context) {
      const user = await seededUser(context);
      for (const type of REFUSED) {
        const refusal = [415, "content_type_unsupported"] as const;
        await expectRefused(context, user, patchAs(user.token, type), refusal);
        const admin = { ...patchAs(ADMIN_KEY, type), path: user.adminPath };
        await expectRefused(context, user, admin, refusal);
      }
    },
  },
  {
    name: "a body with no content type is a 415",
    async run(context) {
      const user = await seededUser(context);
      await expectRefused(context, user, patchAs(user.token, undefined), [415, "content_type_unsupported"]);
    },
  },
  {
    name: "PUT /metadata and POST /updateinfo take application/json alone",
    async run(context) {
      await onlyJson(context, "PUT", "/metadata");
      await onlyJson(context, "POST", "/updateinfo");
    },
  },
  {
    name: "an admin's PUT takes application/json alone",
    async run(context) {
      const user = await seededUser(context);
      for (const type of [DEEP, JSON_PATCH]) {
        const request = { ...patchAs(ADMIN_KEY, type), method: "PUT", path: user.adminPath };
        await expectRefused(context, user, request, [415, "content_type_unsupported"]);
      }
    },
  },
  {
    name: "a compressed body is a 415, and the encoding identity is read",
    async run(context) {
      const user = await seededUser(context);
      const base = { method: "PATCH", path: "/metadata", bearer: user.token, type: SHALLOW };
      const body = new Uint8Array(gzipSync('{"written":1}'));
      for (const encoding of ["gzip", "br", "deflate", "gzip, identity"]) {
        const request = { ...base, body, headers: { "content-encoding": encoding } };
        await expectRefused(context, user, request, [415, "content_encoding_unsupported"]);
      }
      const identity = { ...base, body: '{"written":1}', headers: { "content-encoding": "identity" } };
      expectJson(await send(context, identity));
    },
  },
  {
    name: "a 415 of a PATCH tells in Accept-Patch what is read (RFC 5789, 2.2), and of another method does not",
    async run(context) {
      const user = await seededUser(context);
      const admin = { ...patchAs(ADMIN_KEY, "text/plain"), path: user.adminPath };
      // Fastify refuses by itself what is not a media type, before any handler.
      for (const request of [patchAs(user.token, "text/plain"), patchAs(user.token, "json"), admin]) {
        const answer = await send(context, request);
        assert.equal(answer.status, 415);
        assert.deepEqual(listOf(answer, "accept-patch"), PATCHES, request.path);
        assert.equal(answer.headers.get("accept-encoding"), null);
      }
      const put = await send(context, { ...patchAs(user.token, "text/plain"), method: "PUT" });
      assert.deepEqual([put.status, put.headers.get("accept-patch")], [415, null]);
    },
  },
  {
    name: "a 415 of a compressed body tells in Accept-Encoding what is read (RFC 9110, 12.5.3)",
    async run(context) {
      const user = await seededUser(context);
      for (const method of ["PATCH", "PUT"]) {
        const headers = { "content-encoding": "gzip" };
        const answer = await send(context, { ...patchAs(user.token, SHALLOW), method, headers });
        assert.equal(answer.status, 415);
        assert.equal(answer.headers.get("accept-encoding"), "identity");
        assert.equal(answer.headers.get("accept-patch"), null);
      }
    },
  },
  {
    name: "OPTIONS tells in Accept-Patch what a PATCH reads, if there is one (RFC 5789, 3.1)",
    async run(context) {
      for (const path of ["/metadata", "/users/jane/metadata"]) {
        const answer = await send(context, { method: "OPTIONS", path });
        assert.deepEqual(listOf(answer, "accept-patch"), PATCHES, path);
      }
      const none = await send(context, { method: "OPTIONS", path: "/updateinfo" });
      assert.deepEqual([none.status, none.headers.get("accept-patch")], [204, null]);
    },
  },
];
