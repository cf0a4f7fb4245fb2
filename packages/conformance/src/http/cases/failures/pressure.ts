import assert from "node:assert/strict";
import { type HttpRequest, leaveUnanswered, send } from "../../client.ts";
import { CONTEXT_HEADER } from "../../contexts.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import { expectJson } from "../../expectations.ts";
import {
  ADMIN_KEY,
  emptyUser,
  FAILING_PREFIX,
  freshId,
  stored,
  storedUnsafe,
  type TestUser,
} from "../../fixtures.ts";
import { adminCalls, SESSION_CALLS, SESSION_WRITES, SHALLOW } from "../../routes.ts";

const failingUser = (context: HttpContext): Promise<TestUser> =>
  emptyUser(context, `${FAILING_PREFIX}${freshId()}`);

const expectUnavailable = async (context: HttpContext, request: HttpRequest): Promise<void> => {
  const { status, headers, text } = await send(context, { ...request, mayFail: true });
  const called = `${request.method ?? "GET"} ${request.path}`;
  assert.equal(status, 503, `${called}: ${status} ${text}`);
  assert.equal(headers.get("retry-after"), "1", `${called}: Retry-After`);
};

/** A read and a write of every other protocol. */
const dialectCalls = ({ id, token }: TestUser): readonly HttpRequest[] => {
  const json = (value: unknown) => ({ type: SHALLOW, body: { json: value } });
  const user = encodeURIComponent(id);
  const keyed = { headers: { "api-key": ADMIN_KEY } };
  return [
    { path: `/api/user/${user}/metadata`, bearer: ADMIN_KEY },
    { path: `/api/user/${user}/metadata/theme`, method: "PUT", bearer: ADMIN_KEY, ...json({ value: 1 }) },
    { path: `/recipe/user/metadata?userId=${user}`, ...keyed },
    {
      path: "/recipe/user/metadata",
      method: "PUT",
      ...keyed,
      ...json({ userId: id, metadataUpdate: { a: 1 } }),
    },
    { path: `/v1/users/${user}`, bearer: ADMIN_KEY },
    {
      path: `/v1/users/${user}/metadata`,
      method: "PATCH",
      bearer: ADMIN_KEY,
      ...json({ public_metadata: { a: 1 } }),
    },
    { path: "/v1/me", bearer: token },
  ];
};

const unavailable: readonly HttpCase[] = [
  {
    name: "a store that is unavailable is a 503 with Retry-After on every route",
    mount: "failing",
    async run(context) {
      const user = await failingUser(context);
      const calls = [
        ...SESSION_CALLS.map((call) => ({ ...call, bearer: user.token })),
        ...adminCalls(user.adminPath).map((call) => ({ ...call, bearer: ADMIN_KEY })),
        ...dialectCalls(user),
      ];
      await Promise.all(calls.map((call) => expectUnavailable(context, call)));
    },
  },
  {
    name: "own route: a store that is unavailable is a 503 with Retry-After, if the handler leaves it to the framework",
    mount: "failing",
    needs: "ownRoutes",
    async run(context) {
      const { token } = await failingUser(context);
      await expectUnavailable(context, { path: "/own-metadata", own: true, bearer: token });
      const healthy = await emptyUser(context);
      const found = await send(context, { path: "/own-metadata", own: true, bearer: healthy.token });
      assert.deepEqual([found.status, JSON.parse(found.text)], [200, { version: 0 }]);
    },
  },
];

/** Round trips enough for the server to have seen that a client is gone. */
const roundTrips = async (context: HttpContext): Promise<void> => {
  const { token } = await emptyUser(context);
  for (let round = 0; round < 50; round += 1)
    expectJson(await send(context, { path: "/metadata", bearer: token }));
};

const left: HttpCase = {
  name: "a client that goes away while its write waits for the store is not written",
  needs: "disconnect",
  async run(context) {
    for (const { method, path, type, body } of SESSION_WRITES) {
      const user = await emptyUser(context);
      const hold = context.hold(user.id);
      const headers = [
        ["Authorization", `Bearer ${user.token}`],
        ...(type === undefined ? [] : [["Content-Type", type] as const]),
      ] as const;
      const request = { method, target: `${context.prefix}${path}`, headers };
      const sent = body ? { ...request, body: JSON.stringify(body.json) } : request;
      await leaveUnanswered(context, sent, hold.asked);
      await roundTrips(context);
      hold.release();
      // Goes behind the one that left.
      const later = { method: "PATCH", path: "/metadata", type: SHALLOW, body: { json: { later: 1 } } };
      expectJson(await send(context, { ...later, bearer: user.token }));
      assert.deepEqual(await storedUnsafe(context, user), { later: 1 }, `${method} ${path}`);
    }
  },
};

const CALLERS = Array.from({ length: 20 }, (_, index) => `context-${index}`);

const inContext = (name: string, bearer: string) => ({ bearer, headers: { [CONTEXT_HEADER]: name } });

const writeContext = (name: string, bearer: string): HttpRequest => ({
  ...inContext(name, bearer),
  method: "PATCH",
  path: "/metadata",
  type: SHALLOW,
  body: { json: { context: name } },
});

/** Each caller has what its app's middleware put into an `AsyncLocalStorage` for it. */
const contexts: readonly HttpCase[] = [
  {
    name: "context: the schema runs in that of its own request, of many users at once",
    async run(context) {
      const written = CALLERS.map(async (name) => {
        const { token } = await emptyUser(context);
        const { unsafeMetadata } = expectJson(await send(context, writeContext(name, token)));
        assert.deepEqual(unsafeMetadata, { context: name });
      });
      await Promise.all(written);
    },
  },
  {
    name: "context: the schema runs in that of its own request, of one user at once",
    async run(context) {
      const { token } = await emptyUser(context);
      const answers = await Promise.all(CALLERS.map((name) => send(context, writeContext(name, token))));
      for (const [index, answer] of answers.entries())
        assert.deepEqual(expectJson(answer).unsafeMetadata, { context: CALLERS[index] });
    },
  },
  {
    name: "context: a change runs in that of its own request, and a read returns to it",
    async run(context) {
      const { token } = await emptyUser(context);
      const asked = CALLERS.flatMap((name) => [
        { name, method: "POST" },
        { name, method: "GET" },
      ]);
      const answers = await Promise.all(
        asked.map(({ name, method }) =>
          send(context, { ...inContext(name, token), method, path: "/context" }),
        ),
      );
      for (const [index, answer] of answers.entries())
        assert.deepEqual(expectJson(answer), { context: asked[index]?.name });
    },
  },
  {
    name: "context: updateInfo runs in that of its own request",
    mount: "prefix",
    async run(context) {
      const users = await Promise.all(CALLERS.map(() => emptyUser(context)));
      const write = { method: "POST", path: "/updateinfo", type: SHALLOW, body: { json: {} } };
      const calls = users.map(({ token }, index) => ({
        ...write,
        ...inContext(CALLERS[index] ?? "", token),
      }));
      for (const answer of await Promise.all(calls.map((call) => send(context, call)))) expectJson(answer);
      for (const [index, user] of users.entries())
        assert.deepEqual((await stored(context, user)).publicMetadata, {
          updatedBy: user.id,
          context: CALLERS[index],
        });
    },
  },
];

/** A store that fails or hangs, clients that go away while it does, and callers who come all at once. */
export const pressureCases: readonly HttpCase[] = [...unavailable, left, ...contexts];
