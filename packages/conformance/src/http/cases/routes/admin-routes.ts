import assert from "node:assert/strict";
import { send } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import {
  expectAdminView,
  expectJson,
  expectProblem,
  expectRefused,
  expectUnchanged,
} from "../../expectations.ts";
import type { TestUser } from "../../fixtures.ts";
import { ADMIN_KEY, emptyUser, PRIVATE_MARKER, SEED, seededUser, stored } from "../../fixtures.ts";
import { DEEP, JSON_PATCH, SHALLOW } from "../../routes.ts";

const asAdmin = (user: TestUser, method: string, type?: string, json?: unknown) => ({
  method,
  path: user.adminPath,
  bearer: ADMIN_KEY,
  ...(type === undefined ? {} : { type }),
  ...(json === undefined ? {} : { body: { json } }),
});

const refuses = async (
  context: HttpContext,
  json: unknown,
  code: "parameter_unknown" | "json_not_object",
) => {
  const user = await seededUser(context);
  for (const type of [SHALLOW, DEEP]) {
    await expectRefused(context, user, asAdmin(user, "PATCH", type, json), [422, code]);
  }
  await expectRefused(context, user, asAdmin(user, "PUT", SHALLOW, json), [422, code]);
};

/** What each route for an admin does and answers. */
export const adminRouteCases: readonly HttpCase[] = [
  {
    name: "GET /users/:userId/metadata answers all tiers, the claims and the ETag",
    async run(context) {
      const user = await seededUser(context);
      const answer = await send(context, asAdmin(user, "GET"));
      const view = expectJson(answer);
      expectAdminView(view);
      assert.deepEqual(view, await stored(context, user));
      assert.equal(answer.headers.get("etag"), `"${view.version}"`);
    },
  },
  {
    name: "GET /users/:userId/metadata of a user without a document answers empty tiers",
    async run(context) {
      const user = await emptyUser(context);
      assert.deepEqual(expectJson(await send(context, asAdmin(user, "GET"))), {
        userId: user.id,
        publicMetadata: {},
        privateMetadata: {},
        unsafeMetadata: {},
        claims: [],
        version: 0,
        createdAt: null,
        updatedAt: null,
      });
    },
  },
  {
    name: "an admin's PATCH merges deeply into each tier named and leaves the others",
    async run(context) {
      const user = await seededUser(context);
      const patch = {
        publicMetadata: { plan: null, role: "admin" },
        unsafeMetadata: { nested: { more: 2 } },
      };
      const view = expectJson(await send(context, asAdmin(user, "PATCH", DEEP, patch)));
      expectAdminView(view);
      assert.deepEqual(view.publicMetadata, { role: "admin" });
      assert.deepEqual(view.unsafeMetadata, { theme: "light", nested: { keep: 1, more: 2 } });
      assert.deepEqual(view.privateMetadata, SEED.privateMetadata);
      assert.deepEqual(await stored(context, user), view);
    },
  },
  {
    name: "an admin's PATCH of application/json merges shallowly into each tier named",
    async run(context) {
      const user = await seededUser(context);
      const patch = { unsafeMetadata: { theme: null, nested: { more: null } } };
      const view = expectJson(await send(context, asAdmin(user, "PATCH", SHALLOW, patch)));
      assert.deepEqual(view.unsafeMetadata, { nested: { more: null } });
      assert.deepEqual(view.publicMetadata, SEED.publicMetadata);
    },
  },
  {
    name: "an admin's JSON Patch starts at the document",
    async run(context) {
      const user = await seededUser(context);
      const operations = [
        { op: "add", path: "/publicMetadata/role", value: "admin" },
        { op: "test", path: "/privateMetadata/secret", value: PRIVATE_MARKER },
        { op: "remove", path: "/unsafeMetadata/theme" },
      ];
      const view = expectJson(await send(context, asAdmin(user, "PATCH", JSON_PATCH, operations)));
      assert.deepEqual(view.publicMetadata, { plan: "free", role: "admin" });
      assert.deepEqual(view.unsafeMetadata, { nested: { keep: 1 } });
      assert.deepEqual(view.privateMetadata, SEED.privateMetadata);
    },
  },
  {
    name: "an admin's JSON Patch cannot reach what is not a tier",
    async run(context) {
      const user = await seededUser(context);
      for (const path of ["/version", "/userId", "/createdAt", "/other"]) {
        await expectUnchanged(context, user, async () => {
          const answer = await send(
            context,
            asAdmin(user, "PATCH", JSON_PATCH, [{ op: "add", path, value: 1 }]),
          );
          assert.ok([409, 422].includes(answer.status), `${path}: ${answer.status} ${answer.text}`);
        });
      }
    },
  },
  {
    name: "an admin's PUT replaces each tier named; a tier left out stays",
    async run(context) {
      const user = await seededUser(context);
      const view = expectJson(
        await send(context, asAdmin(user, "PUT", SHALLOW, { publicMetadata: { a: [1] } })),
      );
      expectAdminView(view);
      assert.deepEqual(view.publicMetadata, { a: [1] });
      assert.deepEqual(view.privateMetadata, SEED.privateMetadata);
      assert.deepEqual(view.unsafeMetadata, SEED.unsafeMetadata);
      assert.deepEqual(await stored(context, user), view);
    },
  },
  {
    name: "an admin's DELETE removes the document with a 204, and does so again",
    async run(context) {
      const user = await seededUser(context);
      const before = await stored(context, user);
      for (const round of ["there", "gone"]) {
        const answer = await send(context, asAdmin(user, "DELETE"));
        assert.equal(answer.status, 204, `${round}: ${answer.text}`);
        assert.equal(answer.headers.get("content-type"), null);
        assert.equal((await stored(context, user)).version, 0);
      }
      const again = expectJson(
        await send(context, asAdmin(user, "PUT", SHALLOW, { publicMetadata: { a: 1 } })),
      );
      assert.ok(Number(again.version) > Number(before.version), "a version is never given twice");
      assert.deepEqual(again.privateMetadata, {});
    },
  },
  {
    name: "an admin flags root keys of the public tier as claims",
    async run(context) {
      const user = await seededUser(context);
      const view = expectJson(await send(context, asAdmin(user, "PATCH", SHALLOW, { claims: ["plan"] })));
      assert.deepEqual(view.claims, ["plan"]);
      assert.deepEqual((await stored(context, user)).claims, ["plan"]);
      const unknown = asAdmin(user, "PATCH", SHALLOW, { claims: ["absent"] });
      await expectRefused(context, user, unknown, [422, "claim_key_unknown"]);
    },
  },
  {
    name: "a root key that an admin's body does not have is refused",
    async run(context) {
      for (const key of ["version", "userId", "public", "constructor"]) {
        await refuses(context, { publicMetadata: { written: 1 }, [key]: {} }, "parameter_unknown");
      }
      const user = await seededUser(context);
      const problem = expectProblem(await send(context, asAdmin(user, "PUT", SHALLOW, { metadata: {} })), [
        422,
        "parameter_unknown",
      ]);
      assert.deepEqual(problem.details, { parameter: "metadata" });
    },
  },
  {
    name: "a tier in an admin's body must be an object",
    async run(context) {
      for (const value of [[], "text", 1, true]) {
        const body = { publicMetadata: { written: 1 }, privateMetadata: value };
        await refuses(context, body, "json_not_object");
      }
    },
  },
  {
    name: "an admin's write is all or nothing",
    async run(context) {
      const user = await seededUser(context);
      const patch = { publicMetadata: { written: 1 }, privateMetadata: { long: "x".repeat(8200) } };
      for (const method of ["PATCH", "PUT"]) {
        const request = asAdmin(user, method, SHALLOW, patch);
        const problem = await expectRefused(context, user, request, [422, "tier_too_large"]);
        assert.equal((problem.details as { tier?: unknown }).tier, "private");
      }
    },
  },
  {
    name: "what an admin writes to the public tier the user reads, and the private tier the user never does",
    async run(context) {
      const user = await seededUser(context);
      expectJson(await send(context, asAdmin(user, "PATCH", DEEP, { publicMetadata: { role: "editor" } })));
      const view = expectJson(await send(context, { path: "/metadata", bearer: user.token }));
      assert.deepEqual(view.publicMetadata, { plan: "free", role: "editor" });
      assert.ok(!("privateMetadata" in view));
    },
  },
];
