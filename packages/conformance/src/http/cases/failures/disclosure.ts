import assert from "node:assert/strict";
import type { ErrorCode } from "@usermeta/core";
import { type HttpRequest, send } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import { expectProblem, expectRefused } from "../../expectations.ts";
import { ADMIN_KEY, emptyUser, freshId, PRIVATE_MARKER, SEED, seededUser } from "../../fixtures.ts";
import { REFUSED_PREFIX } from "../../refusing.ts";
import { DEEP, SHALLOW } from "../../routes.ts";

/** A value of so many levels. */
const nested = (levels: number): object => (levels === 1 ? {} : { next: nested(levels - 1) });

/** What `updateInfo` writes into the private tier, and why that is refused. */
const REFUSED: readonly (readonly [name: string, body: object, code: ErrorCode])[] = [
  ["a value that a schema quotes", { refuse: "a value" }, "schema_mismatch"],
  ["keys that a schema does not know", { refuse: "a key" }, "schema_mismatch"],
  ["its size", { long: "x".repeat(8150) }, "tier_too_large"],
  ["a place that is too deep", nested(32), "json_too_deep"],
];

const updateInfo = (bearer: string, json: object): HttpRequest => ({
  method: "POST",
  path: "/updateinfo",
  type: SHALLOW,
  bearer,
  body: { json },
});

const asAdmin = async (context: HttpContext, body: object) => {
  const user = await seededUser(context);
  const request = { method: "PATCH", path: user.adminPath, type: DEEP, bearer: ADMIN_KEY };
  return expectProblem(await send(context, { ...request, body: { json: { privateMetadata: { body } } } }), [
    422,
    "schema_mismatch",
    "tier_too_large",
    "json_too_deep",
  ]);
};

/** What a refusal tells, and to whom: of a tier that the caller may not read its name alone. */
export const disclosureCases: readonly HttpCase[] = [
  ...REFUSED.map(
    ([name, body, code]): HttpCase => ({
      name: `a session is told nothing of the private tier that the app writes for it: ${name}`,
      mount: "prefix",
      async run(context) {
        const user = await seededUser(context);
        const problem = await expectRefused(context, user, updateInfo(user.token, body), [422, code]);
        assert.deepEqual(problem.details, { tier: "private" });
        assert.doesNotMatch(String(problem.detail), /secret|body|next|received|\d/);
      },
    }),
  ),
  {
    name: "a schema that fails on the private tier is a 5xx that tells nothing of it",
    mount: "prefix",
    async run(context) {
      const user = await seededUser(context);
      const request = { ...updateInfo(user.token, { refuse: "by throwing" }), mayFail: true };
      const { status, text } = await send(context, request);
      assert.ok(status >= 500, `${status}: ${text}`);
      assert.ok(!text.includes("received"), text);
    },
  },
  {
    name: "an admin is told the place and the size, in our words",
    async run(context) {
      const mismatch = await asAdmin(context, { refuse: "a value" });
      const issue = { path: "/secret", message: "is not what the schema allows" };
      assert.deepEqual(mismatch.details, { tier: "private", issues: [issue] });
      assert.match(String(mismatch.detail), /\/secret/);
      assert.ok(
        !JSON.stringify(mismatch).includes(PRIVATE_MARKER),
        "the words of a schema quote what is stored",
      );
      const large = (await asAdmin(context, { long: "x".repeat(9000) })).details as { bytes?: number };
      assert.ok((large.bytes ?? 0) > 9000);
    },
  },
  {
    name: "own route: a refusal of the private tier that it leaves to the framework tells nothing of it",
    needs: "ownRoutes",
    async run(context) {
      const id = `${REFUSED_PREFIX}${freshId()}`;
      await context.engine.replaceUserMetadata(id, { privateMetadata: SEED.privateMetadata });
      const { token } = await emptyUser(context, id);
      const request = { path: "/own-metadata", own: true, bearer: token, mayFail: true };
      const { status, text } = await send(context, request);
      assert.ok(status >= 400, `${status}: ${text}`);
      for (const told of ["received", "secret"]) assert.ok(!text.includes(told), text);
    },
  },
  {
    name: "a body that is not JSON is quoted to nobody",
    async run(context) {
      const user = await seededUser(context);
      const request = { method: "PATCH", path: "/metadata", type: SHALLOW, bearer: user.token };
      const body = `{"pin": ${PRIVATE_MARKER}}`;
      await expectRefused(context, user, { ...request, body }, [400, "json_invalid"]);
    },
  },
];
