import assert from "node:assert/strict";
import { send } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import type { Refusal } from "../../expectations.ts";
import { expectJson, expectRefused, expectUnchanged } from "../../expectations.ts";
import { ADMIN_KEY, PRIVATE_MARKER, SEED, seededUser, stored } from "../../fixtures.ts";
import { adminCalls, DEEP, JSON_PATCH, SESSION_CALLS, SHALLOW } from "../../routes.ts";

const adminRefused = async (
  context: HttpContext,
  headers: (token: string) => Record<string, string>,
  refusal: Refusal,
): Promise<void> => {
  const user = await seededUser(context);
  for (const call of adminCalls(user.adminPath)) {
    await expectRefused(context, user, { ...call, headers: headers(user.token) }, refusal);
  }
};

const WRONG_KEYS: readonly (readonly [name: string, key: string])[] = [
  ["another", "another-admin-key-9876543210"],
  ["one character more", `${ADMIN_KEY}0`],
  ["one character less", ADMIN_KEY.slice(0, -1)],
  ["upper case", ADMIN_KEY.toUpperCase()],
  ["its last character changed", `${ADMIN_KEY.slice(0, -1)}X`],
];

const bearerOf = (value: string) => ({ authorization: `Bearer ${value}` });

/** Who may do what: another's document, another tier, the admin's routes. */
export const authorisationCases: readonly HttpCase[] = [
  {
    name: "a user id in the query is ignored",
    async run(context) {
      const user = await seededUser(context);
      const other = await seededUser(context);
      const query = `?userId=${other.id}&user_id=${other.id}&sub=${other.id}`;
      await expectUnchanged(context, other, async () => {
        for (const call of SESSION_CALLS) {
          const request = { ...call, path: `${call.path}${query}`, bearer: user.token };
          assert.equal(expectJson(await send(context, request)).userId, user.id);
        }
      });
    },
  },
  {
    name: "a user id in the body is data like any other",
    async run(context) {
      const user = await seededUser(context);
      const other = await seededUser(context);
      await expectUnchanged(context, other, async () => {
        for (const [method, path] of [
          ["PATCH", "/metadata"],
          ["PUT", "/metadata"],
          ["POST", "/updateinfo"],
        ] as const) {
          const body = { json: { userId: other.id } };
          const view = expectJson(
            await send(context, { method, path, bearer: user.token, type: SHALLOW, body }),
          );
          assert.equal(view.userId, user.id);
          assert.equal((view.unsafeMetadata as { userId?: unknown }).userId, other.id);
        }
      });
    },
  },
  {
    name: "a user cannot write the public or the private tier: their names are data in the unsafe one",
    async run(context) {
      const user = await seededUser(context);
      const tiers = {
        publicMetadata: { plan: "gold" },
        privateMetadata: { secret: 1 },
        claims: ["plan"],
        version: 1,
      };
      for (const [method, path, type] of [
        ["PATCH", "/metadata", SHALLOW],
        ["PATCH", "/metadata", DEEP],
        ["PUT", "/metadata", SHALLOW],
        ["POST", "/updateinfo", SHALLOW],
      ] as const) {
        expectJson(await send(context, { method, path, bearer: user.token, type, body: { json: tiers } }));
        const found = await stored(context, user);
        assert.deepEqual(found.publicMetadata, SEED.publicMetadata);
        assert.deepEqual(found.privateMetadata, SEED.privateMetadata);
        assert.deepEqual(found.claims, []);
        assert.deepEqual((found.unsafeMetadata as typeof tiers).publicMetadata, { plan: "gold" });
      }
    },
  },
  {
    name: "a user's JSON Patch does not reach out of the unsafe tier",
    async run(context) {
      const user = await seededUser(context);
      for (const path of ["/publicMetadata/plan", "/privateMetadata/secret", "/../publicMetadata/plan"]) {
        const base = { method: "PATCH", path: "/metadata", bearer: user.token, type: JSON_PATCH };
        for (const operation of [
          { op: "replace", path, value: "gold" },
          { op: "copy", from: path, path: "/copied" },
          { op: "test", path, value: PRIVATE_MARKER },
        ]) {
          const request = { ...base, body: { json: [operation] } };
          // The value in the question is the caller's own, so the answer must not tell whether it is right.
          await expectRefused(context, user, request, [409, "patch_conflict"]);
        }
      }
    },
  },
  {
    name: "no answer for a session shows the private tier, errors included",
    async run(context) {
      const user = await seededUser(context);
      for (const call of SESSION_CALLS) expectJson(await send(context, { ...call, bearer: user.token }));
      const tooLarge = { json: { long: "x".repeat(8200) } };
      const base = { method: "PUT", path: "/metadata", bearer: user.token, type: SHALLOW };
      await expectRefused(context, user, { ...base, body: tooLarge }, [422, "tier_too_large"]);
      await expectRefused(context, user, { ...base, headers: { "if-match": '"1"' }, body: { json: {} } }, [
        412,
        "version_mismatch",
      ]);
      assert.equal(
        (await send(context, { method: "HEAD", path: "/metadata", bearer: user.token })).status,
        200,
      );
    },
  },
  {
    name: "refused: an admin route with no key",
    run: (context) => adminRefused(context, () => ({}), [401, "admin_key_missing"]),
  },
  {
    name: "refused: an admin route with a session, the user's own included",
    run: (context) => adminRefused(context, bearerOf, [401, "admin_key_invalid"]),
  },
  {
    name: "refused: an admin route with a session in a cookie",
    run: (context) => {
      const headers = (token: string) => ({ cookie: `session=${token}`, "sec-fetch-site": "same-origin" });
      return adminRefused(context, headers, [401, "admin_key_missing"]);
    },
  },
  {
    name: "refused: an admin route with the key in a cookie or in the query",
    async run(context) {
      await adminRefused(context, () => ({ cookie: `session=${ADMIN_KEY}` }), [401, "admin_key_missing"]);
      const user = await seededUser(context);
      const path = `${user.adminPath}?key=${ADMIN_KEY}`;
      await expectRefused(context, user, { path }, [401, "admin_key_missing"]);
    },
  },
  ...WRONG_KEYS.map(([name, key]) => ({
    name: `refused: an admin key that is not one of ours (${name})`,
    run: (context: HttpContext) => adminRefused(context, () => bearerOf(key), [401, "admin_key_invalid"]),
  })),
  {
    name: "refused: the admin key if a session is wanted",
    async run(context) {
      const user = await seededUser(context);
      for (const call of SESSION_CALLS) {
        await expectRefused(context, user, { ...call, bearer: ADMIN_KEY }, [401, "token_invalid"]);
      }
    },
  },
];
