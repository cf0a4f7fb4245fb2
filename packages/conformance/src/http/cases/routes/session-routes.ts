import assert from "node:assert/strict";
import { send } from "../../client.ts";
import type { HttpCase } from "../../contract.ts";
import { expectJson, expectUserView } from "../../expectations.ts";
import { emptyUser, SEED, seededUser, stored } from "../../fixtures.ts";
import { DEEP, JSON_PATCH, SHALLOW } from "../../routes.ts";

/** What each route for a session does and answers. */
export const sessionRouteCases: readonly HttpCase[] = [
  {
    name: "GET /metadata answers the user view with its ETag",
    async run(context) {
      const user = await seededUser(context);
      const answer = await send(context, { path: "/metadata", bearer: user.token });
      const view = expectJson(answer);
      expectUserView(view);
      const { privateMetadata, claims, ...rest } = await stored(context, user);
      assert.deepEqual(view, rest);
      assert.equal(answer.headers.get("etag"), `"${view.version}"`);
    },
  },
  {
    name: "GET /metadata of a user without a document answers empty tiers, version 0 and null times",
    async run(context) {
      const user = await emptyUser(context);
      const answer = await send(context, { path: "/metadata", bearer: user.token });
      assert.deepEqual(expectJson(answer), {
        userId: user.id,
        publicMetadata: {},
        unsafeMetadata: {},
        version: 0,
        createdAt: null,
        updatedAt: null,
      });
      assert.equal(answer.headers.get("etag"), '"0"');
    },
  },
  {
    name: "POST /updateinfo merges shallowly into the unsafe tier and answers the message beside the view",
    async run(context) {
      const user = await seededUser(context);
      const body = { json: { language: "da", nested: { other: 2 } } };
      const answer = await send(context, {
        method: "POST",
        path: "/updateinfo",
        bearer: user.token,
        type: SHALLOW,
        body,
      });
      const view = expectJson(answer);
      expectUserView(view, ["message"]);
      assert.equal(view.message, "successfully updated user metadata");
      assert.deepEqual(view.unsafeMetadata, { theme: "light", nested: { other: 2 }, language: "da" });
      assert.equal(answer.headers.get("etag"), `"${view.version}"`);
      assert.deepEqual((await stored(context, user)).unsafeMetadata, view.unsafeMetadata);
    },
  },
  {
    name: "POST /updateinfo writes what the app's updateInfo decides, to any tier, and shows no more for it",
    mount: "prefix",
    async run(context) {
      const user = await seededUser(context);
      const request = { method: "POST", path: "/updateinfo", bearer: user.token, type: SHALLOW };
      const body = { publicMetadata: { plan: "gold" } };
      const view = expectJson(await send(context, { ...request, body: { json: body } }));
      expectUserView(view, ["message"]);
      const found = await stored(context, user);
      assert.deepEqual(found.publicMetadata, { ...SEED.publicMetadata, updatedBy: user.id });
      assert.deepEqual(found.privateMetadata, { ...SEED.privateMetadata, body });
      assert.deepEqual(found.unsafeMetadata, SEED.unsafeMetadata);
    },
  },
  {
    name: "PATCH /metadata writes the unsafe tier alone and answers what is stored",
    async run(context) {
      const user = await seededUser(context);
      const answer = await send(context, {
        method: "PATCH",
        path: "/metadata",
        bearer: user.token,
        type: DEEP,
        body: { json: { nested: { more: true } } },
      });
      const view = expectJson(answer);
      expectUserView(view);
      const found = await stored(context, user);
      assert.deepEqual(found.unsafeMetadata, { theme: "light", nested: { keep: 1, more: true } });
      assert.deepEqual(found.publicMetadata, SEED.publicMetadata);
      assert.deepEqual(found.privateMetadata, SEED.privateMetadata);
      const { privateMetadata, claims, ...rest } = found;
      assert.deepEqual(view, rest);
      assert.equal(answer.headers.get("etag"), `"${view.version}"`);
    },
  },
  {
    name: "PATCH /metadata takes a JSON Patch whose pointers start in the unsafe tier",
    async run(context) {
      const user = await seededUser(context);
      const operations = [
        { op: "test", path: "/theme", value: "light" },
        { op: "replace", path: "/theme", value: "dark" },
        { op: "add", path: "/list", value: [1, 3] },
        { op: "add", path: "/list/1", value: 2 },
        { op: "move", from: "/nested/keep", path: "/kept" },
        { op: "copy", from: "/list", path: "/nested/list" },
        { op: "remove", path: "/list/0" },
      ];
      const request = { method: "PATCH", path: "/metadata", bearer: user.token, type: JSON_PATCH };
      const view = expectJson(await send(context, { ...request, body: { json: operations } }));
      const wanted = { theme: "dark", nested: { list: [1, 2, 3] }, list: [2, 3], kept: 1 };
      assert.deepEqual(view.unsafeMetadata, wanted);
    },
  },
  {
    name: "PUT /metadata replaces the unsafe tier and leaves the others",
    async run(context) {
      const user = await seededUser(context);
      const request = { method: "PUT", path: "/metadata", bearer: user.token, type: SHALLOW };
      const view = expectJson(
        await send(context, { ...request, body: { json: { only: [null, { a: null }] } } }),
      );
      expectUserView(view);
      const found = await stored(context, user);
      assert.deepEqual(found.unsafeMetadata, { only: [null, { a: null }] });
      assert.deepEqual(found.publicMetadata, SEED.publicMetadata);
      assert.deepEqual(found.privateMetadata, SEED.privateMetadata);
    },
  },
  {
    name: "DELETE /metadata clears the unsafe tier and leaves the others",
    async run(context) {
      const user = await seededUser(context);
      const view = expectJson(
        await send(context, { method: "DELETE", path: "/metadata", bearer: user.token }),
      );
      expectUserView(view);
      const found = await stored(context, user);
      assert.deepEqual(found.unsafeMetadata, {});
      assert.deepEqual(found.publicMetadata, SEED.publicMetadata);
      assert.deepEqual(found.privateMetadata, SEED.privateMetadata);
    },
  },
  {
    name: "a document's version only grows, and its times are milliseconds since 1970",
    async run(context) {
      const user = await emptyUser(context);
      const start = Date.now();
      const write = (step: number) =>
        send(context, {
          method: "PATCH",
          path: "/metadata",
          bearer: user.token,
          type: SHALLOW,
          body: { json: { step } },
        });
      const first = expectJson(await write(1));
      const second = expectJson(await write(2));
      assert.ok(Number(first.version) > 0 && Number(second.version) > Number(first.version));
      assert.equal(second.createdAt, first.createdAt);
      assert.ok(Number(first.createdAt) >= start - 1000 && Number(first.createdAt) <= Date.now() + 1000);
      assert.ok(Number(second.updatedAt) >= Number(first.updatedAt));
    },
  },
  {
    name: "metadata in any script keeps its characters, and Content-Length counts bytes",
    async run(context) {
      const user = await emptyUser(context);
      const value = { "nøgle 键 🗝": 'größer — 東京 👩‍👩‍👧 \u2028 \u007f \t "\\/' };
      const request = { method: "PUT", path: "/metadata", bearer: user.token, type: SHALLOW };
      expectJson(await send(context, { ...request, body: { json: value } }));
      const answer = await send(context, { path: "/metadata", bearer: user.token });
      assert.deepEqual(expectJson(answer).unsafeMetadata, value);
      assert.equal(answer.headers.get("content-length"), String(answer.bytes.length));
    },
  },
  {
    name: "a token that the engine issued is accepted on its own routes",
    async run(context) {
      const user = await seededUser(context);
      const issued: unknown = await context.engine.issueToken(user.id);
      assert.ok(typeof issued === "string");
      assert.equal(expectJson(await send(context, { path: "/metadata", bearer: issued })).userId, user.id);
    },
  },
];
