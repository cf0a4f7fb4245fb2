import assert from "node:assert/strict";
import { send } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import type { Json, Refusal } from "../../expectations.ts";
import { expectJson, expectProblem, expectRefused } from "../../expectations.ts";
import { ADMIN_KEY, type TestUser } from "../../fixtures.ts";
import { historyOf, pathOf, upgraded, writeTheme } from "../../histories.ts";
import { historyCalls, SHALLOW } from "../../routes.ts";

const versionOf = async (context: HttpContext, user: TestUser): Promise<number> =>
  (await context.engine.getUserMetadata(user.id)).version;

const rollback = (user: TestUser, json: unknown, headers: Record<string, string> = {}) => ({
  ...{ method: "POST", path: pathOf(user, "rollback"), bearer: ADMIN_KEY },
  ...{ type: SHALLOW, body: { json }, headers },
});

const historyRefused =
  (headers: (token: string) => Record<string, string>, refusal: Refusal) =>
  async (context: HttpContext): Promise<void> => {
    const { user } = await upgraded(context);
    for (const call of historyCalls(user.adminPath))
      await expectRefused(context, user, { ...call, headers: headers(user.token) }, refusal);
  };

const REASONS: readonly (readonly [name: string, header: string])[] = [
  ["not percent-encoded UTF-8", "%E2%82"],
  ["longer than 256 characters", "x".repeat(257)],
  ["with a control character", "a%0Ab"],
];

/** Back again, and gone for good; and who may do neither. */
export const historyWriteCases: readonly HttpCase[] = [
  {
    name: "history: a rollback writes a new version that equals the old one",
    async run(context) {
      const { user, before } = await upgraded(context);
      const version = await versionOf(context, user);
      const headers = { "if-match": `"${version}"`, "usermeta-reason": "a%20mistake" };
      const view = expectJson(await send(context, rollback(user, { version: before.version }, headers)));
      assert.ok(Number(view.version) > version);
      assert.deepEqual(
        [view.publicMetadata, view.privateMetadata, view.unsafeMetadata, view.claims],
        [before.publicMetadata, before.privateMetadata, before.unsafeMetadata, before.claims],
      );
      const [entry] = await historyOf(context, user, "?limit=1");
      assert.deepEqual(
        [entry?.action, entry?.restored, entry?.reason, entry?.previous],
        ["rollback", before.version, "a mistake", version],
      );
    },
  },
  {
    name: "history: a rollback of some tiers leaves the others",
    async run(context) {
      const { user, before } = await upgraded(context);
      await send(context, writeTheme(user, "dark"));
      const view = expectJson(
        await send(context, rollback(user, { version: before.version, tiers: ["public"] })),
      );
      assert.deepEqual(
        [view.publicMetadata, view.unsafeMetadata],
        [before.publicMetadata, { ...(before.unsafeMetadata as object), theme: "dark" }],
      );
      assert.deepEqual((view.privateMetadata as Json).note, "x");
    },
  },
  {
    name: "history: a rollback that cannot be made writes nothing",
    async run(context) {
      const { user, before } = await upgraded(context);
      const { version } = before;
      const refusals: readonly (readonly [unknown, Refusal, Record<string, string>?])[] = [
        [{ version: 1 }, [404, "version_unknown"]],
        [{ version }, [412, "version_mismatch"], { "if-match": `"${version}"` }],
        [{}, [400, "query_invalid"]],
        [{ version: "1" }, [400, "query_invalid"]],
        [{ version, tiers: ["all"] }, [400, "query_invalid"]],
        [{ version, tiers: [] }, [400, "query_invalid"]],
        [{ version, by: "x" }, [422, "parameter_unknown"]],
        [[version], [422, "json_not_object"]],
      ];
      for (const [body, refusal, headers] of refusals)
        await expectRefused(context, user, rollback(user, body, headers), refusal);
    },
  },
  {
    name: "history: who is erased has neither a document nor a history, and leaves a receipt without their id",
    async run(context) {
      const { user, before } = await upgraded(context);
      const path = pathOf(user, "erase");
      const headers = { "usermeta-reason": "asked%20for" };
      const answer = await send(context, { method: "POST", path, bearer: ADMIN_KEY, headers });
      const receipt = expectJson(answer);
      assert.deepEqual([receipt.entries, receipt.reason], [2, "asked for"]);
      assert.ok(!answer.text.includes(user.id));
      assert.equal(expectJson(await send(context, { path: "/metadata", bearer: user.token })).version, 0);
      assert.deepEqual(await historyOf(context, user), []);
      const old = { path: `${user.adminPath}?version=${before.version}`, bearer: ADMIN_KEY };
      expectProblem(await send(context, old), [404, "version_unknown"]);
      expectJson(await send(context, writeTheme(user, "dark")));
      assert.ok((await versionOf(context, user)) > Number(receipt.version));
      assert.deepEqual(await context.engine.erasures(user.id), [receipt]);
    },
  },
  {
    name: "history: an erasure under a condition that does not hold erases nothing",
    async run(context) {
      const { user, before } = await upgraded(context);
      const headers = { "if-match": `"${before.version}"` };
      const request = { method: "POST", path: pathOf(user, "erase"), bearer: ADMIN_KEY, headers };
      await expectRefused(context, user, request, [412, "version_mismatch"]);
      assert.equal((await historyOf(context, user)).length, 2);
    },
  },
  ...REASONS.map(([name, header]) => ({
    name: `history: a reason that is ${name} is refused, and nothing is written`,
    async run(context: HttpContext): Promise<void> {
      const { user } = await upgraded(context);
      const headers = { "usermeta-reason": header };
      await expectRefused(context, user, writeTheme(user, "dark", headers), [400, "reason_invalid"]);
      const put = {
        method: "PUT",
        path: user.adminPath,
        bearer: ADMIN_KEY,
        type: SHALLOW,
        body: { json: {} },
      };
      await expectRefused(context, user, { ...put, headers }, [400, "reason_invalid"]);
    },
  })),
  {
    name: "refused: a history route for admins with no key",
    run: historyRefused(() => ({}), [401, "admin_key_missing"]),
  },
  {
    name: "refused: a history route for admins with a session, the user's own included",
    run: historyRefused((token) => ({ authorization: `Bearer ${token}` }), [401, "admin_key_invalid"]),
  },
  {
    name: "refused: a history route for admins with a session in a cookie",
    run: historyRefused(
      (token) => ({ cookie: `session=${token}`, "sec-fetch-site": "same-origin" }),
      [401, "admin_key_missing"],
    ),
  },
  {
    name: "refused: a history route for admins with another key",
    run: historyRefused(() => ({ authorization: `Bearer ${ADMIN_KEY}0` }), [401, "admin_key_invalid"]),
  },
  {
    name: "refused: a user's own history without a token, with another's garbage, and with the admin key",
    async run(context) {
      const { user } = await upgraded(context);
      const path = "/metadata/history";
      await expectRefused(context, user, { path }, [401, "session_missing"]);
      await expectRefused(context, user, { path, bearer: `${user.token}x` }, [401, "token_invalid"]);
      await expectRefused(context, user, { path, bearer: ADMIN_KEY }, [401, "token_invalid"]);
    },
  },
];
