import assert from "node:assert/strict";
import type { HttpAnswer, HttpRequest } from "../../client.ts";
import { send } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import { expectJson, expectProblem, expectRefused, expectUnchanged } from "../../expectations.ts";
import type { TestUser } from "../../fixtures.ts";
import { ADMIN_KEY, emptyUser, seededUser, stored } from "../../fixtures.ts";
import { adminWrites, SESSION_WRITES, SHALLOW } from "../../routes.ts";

const etagOf = async (context: HttpContext, user: TestUser): Promise<string> =>
  `"${(await stored(context, user)).version}"`;

const write = (user: TestUser, headers: Record<string, string>): HttpRequest => ({
  method: "PATCH",
  path: "/metadata",
  bearer: user.token,
  type: SHALLOW,
  body: { json: { written: 1 } },
  headers,
});

const read = (user: TestUser, tag: string): HttpRequest => ({
  path: "/metadata",
  bearer: user.token,
  headers: { "if-none-match": tag },
});

/** Every writing route, for the user's session and for an admin. */
const allWrites = (user: TestUser): HttpRequest[] => [
  ...SESSION_WRITES.map((call) => ({ ...call, bearer: user.token })),
  ...adminWrites(user.adminPath).map((call) => ({ ...call, bearer: ADMIN_KEY })),
];

const expectNotModified = (answer: HttpAnswer, etag: string): void => {
  assert.equal(answer.status, 304, answer.text);
  assert.equal(answer.headers.get("etag"), etag);
};

/** RFC 9110, section 13, as far as the contract takes it. */
export const conditionCases: readonly HttpCase[] = [
  {
    name: "If-Match with the stored version lets each write through",
    async run(context) {
      const user = await seededUser(context);
      for (const request of allWrites(user)) {
        const headers = { "if-match": await etagOf(context, user) };
        const answer = await send(context, { ...request, headers });
        assert.ok(answer.status === 200 || answer.status === 204, `${request.method}: ${answer.text}`);
      }
    },
  },
  {
    name: "If-Match with another version is a 412 on every write",
    async run(context) {
      const user = await seededUser(context);
      for (const request of allWrites(user)) {
        const stale = { ...request, headers: { "if-match": '"1"' } };
        const problem = await expectRefused(context, user, stale, [412, "version_mismatch"]);
        assert.deepEqual(problem.details, { version: (await stored(context, user)).version });
      }
    },
  },
  {
    name: "If-Match may list versions",
    async run(context) {
      const user = await seededUser(context);
      const etag = await etagOf(context, user);
      await expectRefused(context, user, write(user, { "if-match": '"1", "2"' }), [412, "version_mismatch"]);
      expectJson(await send(context, write(user, { "if-match": `"1",${etag} , "2"` })));
    },
  },
  {
    name: "If-Match: * is for a user of whom something is stored",
    async run(context) {
      const user = await emptyUser(context);
      await expectRefused(context, user, write(user, { "if-match": "*" }), [412, "version_mismatch"]);
      expectJson(await send(context, write(user, {})));
      expectJson(await send(context, write(user, { "if-match": "*" })));
    },
  },
  {
    name: 'If-Match: "0" is for a user of whom nothing is stored, as their ETag says',
    async run(context) {
      const user = await emptyUser(context);
      expectJson(await send(context, write(user, { "if-match": '"0"' })));
      await expectRefused(context, user, write(user, { "if-match": '"0"' }), [412, "version_mismatch"]);
    },
  },
  {
    name: "If-Match compares strongly: a weak tag never matches",
    async run(context) {
      const user = await seededUser(context);
      const weak = `W/${await etagOf(context, user)}`;
      await expectRefused(context, user, write(user, { "if-match": weak }), [412, "version_mismatch"]);
    },
  },
  {
    name: "If-None-Match: * is for a user of whom nothing is stored, on every write that can create",
    async run(context) {
      const condition = { "if-none-match": "*" };
      const user = await seededUser(context);
      for (const request of allWrites(user)) {
        await expectRefused(context, user, { ...request, headers: condition }, [412, "version_mismatch"]);
      }
      const fresh = await emptyUser(context);
      expectJson(await send(context, write(fresh, condition)));
      await expectRefused(context, fresh, write(fresh, condition), [412, "version_mismatch"]);
    },
  },
  {
    name: "a malformed condition is a 400",
    async run(context) {
      const user = await seededUser(context);
      const version = (await etagOf(context, user)).slice(1, -1);
      for (const value of [version, `"${version}`, `w/"${version}"`, `"${version}" "1"`, "*, *", "'1'"]) {
        await expectRefused(context, user, write(user, { "if-match": value }), [400, "condition_invalid"]);
      }
      await expectRefused(context, user, write(user, { "if-none-match": version }), [
        400,
        "condition_invalid",
      ]);
    },
  },
  {
    name: "a GET whose If-None-Match has the ETag is a 304 with the ETag and no body",
    async run(context) {
      const user = await seededUser(context);
      const etag = await etagOf(context, user);
      for (const tag of [etag, `"1", ${etag}`, `W/${etag}`, `"1",W/${etag},"2"`, "*"]) {
        expectNotModified(await send(context, read(user, tag)), etag);
      }
      const admin = { ...read(user, etag), path: user.adminPath, bearer: ADMIN_KEY };
      expectNotModified(await send(context, admin), etag);
      expectNotModified(await send(context, { ...read(user, etag), method: "HEAD" }), etag);
    },
  },
  {
    name: "a GET whose If-None-Match is of another version answers the document",
    async run(context) {
      const user = await seededUser(context);
      for (const tag of ['"1"', 'W/"1", "2"']) expectJson(await send(context, read(user, tag)));
    },
  },
  {
    name: "a cleared document does not match the version it had, even when it is made again",
    async run(context) {
      const user = await seededUser(context);
      const etag = await etagOf(context, user);
      await context.engine.clearUserMetadata(user.id);
      await expectRefused(context, user, write(user, { "if-match": etag }), [412, "version_mismatch"]);
      expectJson(await send(context, write(user, { "if-none-match": "*" })));
      await expectRefused(context, user, write(user, { "if-match": etag }), [412, "version_mismatch"]);
    },
  },
  {
    name: "who is calling is asked before the condition",
    async run(context) {
      const user = await seededUser(context);
      await expectUnchanged(context, user, async () => {
        const { bearer: _, ...anonymous } = write(user, { "if-match": '"1"' });
        expectProblem(await send(context, anonymous), [401, "session_missing"]);
      });
    },
  },
  {
    name: "of 16 writers at once with one If-Match exactly one wins",
    async run(context) {
      const user = await seededUser(context);
      const headers = { "if-match": await etagOf(context, user) };
      const request = (writer: number) => ({ ...write(user, headers), body: { json: { writer } } });
      const answers = await Promise.all(
        Array.from({ length: 16 }, (_, writer) => send(context, request(writer))),
      );
      const won = answers.flatMap((answer, writer) => (answer.status === 200 ? [writer] : []));
      assert.equal(won.length, 1);
      for (const answer of answers.filter(({ status }) => status !== 200)) {
        expectProblem(answer, [412, "version_mismatch"]);
      }
      const { unsafeMetadata } = await stored(context, user);
      assert.equal((unsafeMetadata as { writer?: unknown }).writer, won[0]);
    },
  },
];
