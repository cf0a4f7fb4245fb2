import assert from "node:assert/strict";
import { abandon, send } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import { expectJson, expectUnchanged } from "../../expectations.ts";
import type { TestUser } from "../../fixtures.ts";
import { emptyUser, FAILING_PREFIX, freshId, seededUser, storedUnsafe } from "../../fixtures.ts";
import { type Call, DEEP, SESSION_CALLS, SHALLOW } from "../../routes.ts";

type Headers = readonly (readonly [string, string])[];

const abandoned = async (
  context: HttpContext,
  user: TestUser,
  framing: Headers,
  body: string,
): Promise<void> => {
  const headers = [["Authorization", `Bearer ${user.token}`], ["Content-Type", SHALLOW], ...framing] as const;
  for (const [method, path] of [
    ["PATCH", "/metadata"],
    ["PUT", "/metadata"],
    ["POST", "/updateinfo"],
  ] as const) {
    await abandon(context, { method, target: path, headers, body });
  }
  // Some round trips, so that the server has seen that the clients are gone.
  for (let round = 0; round < 5; round += 1) {
    expectJson(await send(context, { path: "/metadata", bearer: user.token }));
  }
};

const patchKey = (user: TestUser, index: number) => ({
  method: "PATCH",
  path: "/metadata",
  bearer: user.token,
  type: index % 2 === 0 ? SHALLOW : DEEP,
  body: { json: { [`key${index}`]: index } },
});

const failingId = (): string => `${FAILING_PREFIX}${freshId()}`;

/** Clients that go away, clients that come all at once, and a store that fails. */
export const resilienceCases: readonly HttpCase[] = [
  {
    name: "a store that fails is the framework's own 5xx, and the next request is answered",
    mount: "failing",
    async run(context) {
      const user = await emptyUser(context, failingId());
      const healthy = await seededUser(context);
      const fail = async (call: Call): Promise<void> => {
        const { status, text } = await send(context, { ...call, bearer: user.token, mayFail: true });
        assert.ok(status >= 500 && status <= 599, `${call.method} ${call.path}: ${status}`);
        for (const told of ["on fire", "The store failed", "waited for the store"])
          assert.ok(!text.includes(told), `${call.method} ${call.path} shows what failed: ${text}`);
        expectJson(await send(context, { path: "/metadata", bearer: healthy.token }));
      };
      await Promise.all(SESSION_CALLS.map(fail));
    },
  },
  {
    name: "a client that goes away in the middle of its body writes nothing, though what came is an object",
    needs: "abort",
    async run(context) {
      const user = await seededUser(context);
      await expectUnchanged(context, user, () =>
        abandoned(context, user, [["Content-Length", "1000"]], '{"written":1}'),
      );
    },
  },
  {
    name: "a client that goes away in the middle of its chunks writes nothing",
    needs: "abort",
    async run(context) {
      const user = await seededUser(context);
      await expectUnchanged(context, user, () =>
        abandoned(context, user, [["Transfer-Encoding", "chunked"]], '{"written":1}'),
      );
    },
  },
  {
    name: "of 50 updates of one user at once, each of another key, none is lost",
    async run(context) {
      const user = await emptyUser(context);
      const keys = Array.from({ length: 50 }, (_, index) => index);
      const answers = await Promise.all(keys.map((index) => send(context, patchKey(user, index))));
      for (const [index, answer] of answers.entries()) {
        const { unsafeMetadata } = expectJson(answer) as { unsafeMetadata?: Record<string, unknown> };
        assert.equal(unsafeMetadata?.[`key${index}`], index, "an answer shows its own write");
      }
      const all = Object.fromEntries(keys.map((index) => [`key${index}`, index]));
      assert.deepEqual(await storedUnsafe(context, user), all);
    },
  },
  {
    name: "updates at once that fail do not hinder the others",
    async run(context) {
      const user = await emptyUser(context);
      const bad = { ...patchKey(user, 0), body: { json: { long: "x".repeat(9000) } } };
      const requests = Array.from({ length: 20 }, (_, index) =>
        index % 2 === 0 ? bad : patchKey(user, index),
      );
      const answers = await Promise.all(requests.map((request) => send(context, request)));
      assert.deepEqual(
        answers.map(({ status }) => status),
        requests.map((request) => (request === bad ? 422 : 200)),
      );
      assert.equal(Object.keys((await storedUnsafe(context, user)) as object).length, 10);
    },
  },
  {
    name: "users at once are not mixed up",
    async run(context) {
      const users = await Promise.all(Array.from({ length: 20 }, () => emptyUser(context)));
      const answers = await Promise.all(users.map((user, index) => send(context, patchKey(user, index))));
      for (const [index, answer] of answers.entries()) {
        const view = expectJson(answer);
        assert.equal(view.userId, users[index]?.id);
        assert.deepEqual(view.unsafeMetadata, { [`key${index}`]: index });
      }
    },
  },
];
