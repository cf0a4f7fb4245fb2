import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { send } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import { expectJson, expectRefused } from "../../expectations.ts";
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
];
