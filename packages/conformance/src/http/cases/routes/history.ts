import assert from "node:assert/strict";
import { type HttpAnswer, send } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import type { Json, Refusal } from "../../expectations.ts";
import {
  expectAdminView,
  expectJson,
  expectProblem,
  expectRefused,
  expectUnchanged,
} from "../../expectations.ts";
import {
  ADMIN_KEY,
  emptyUser,
  freshId,
  PRIVATE_MARKER,
  seededUser,
  stored,
  type TestUser,
} from "../../fixtures.ts";
import { type Call, historyCalls, SHALLOW } from "../../routes.ts";

const pathOf = ({ adminPath }: TestUser, name: string): string => adminPath.replace(/metadata$/, name);

const admin = (context: HttpContext, call: Call): Promise<HttpAnswer> =>
  send(context, { ...call, bearer: ADMIN_KEY });

const entriesIn = (answer: HttpAnswer): readonly Json[] => expectJson(answer).entries as Json[];

const historyOf = async (context: HttpContext, user: TestUser, query = ""): Promise<readonly Json[]> =>
  entriesIn(await admin(context, { method: "GET", path: `${pathOf(user, "history")}${query}` }));

const ownHistory = async (context: HttpContext, user: TestUser, query = ""): Promise<readonly Json[]> =>
  entriesIn(await send(context, { path: `/metadata/history${query}`, bearer: user.token }));

const versionOf = async (context: HttpContext, user: TestUser): Promise<number> =>
  (await context.engine.getUserMetadata(user.id)).version;

const rollback = (user: TestUser, json: unknown, headers: Record<string, string> = {}) => ({
  ...{ method: "POST", path: pathOf(user, "rollback"), bearer: ADMIN_KEY },
  ...{ type: SHALLOW, body: { json }, headers },
});

const writeTheme = (user: TestUser, theme: string, headers: Record<string, string> = {}) => ({
  ...{ method: "PATCH", path: "/metadata", bearer: user.token },
  ...{ type: SHALLOW, body: { json: { theme } }, headers },
});

/** A user whose plan was free, then pro, with what the versions were. */
const upgraded = async (context: HttpContext) => {
  const user = await seededUser(context);
  const before = await stored(context, user);
  // So that the time tells the two versions apart.
  while (Date.now() === before.updatedAt) await new Promise((resolve) => setTimeout(resolve, 1));
  const privateMetadata = { secret: `${PRIVATE_MARKER} 2`, note: "x" };
  await context.engine.updateUserMetadata(
    user.id,
    { publicMetadata: { plan: "pro" }, privateMetadata },
    { by: "billing", reason: "paid" },
  );
  return { user, before };
};

const SECRETS = ["billing", "paid", "note", "app", "previous"];

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

/** Who wrote what, and back again. */
export const historyCases: readonly HttpCase[] = [
  {
    name: "history: an admin sees each write, the newest first, with who made it, why, and what changed",
    async run(context) {
      const { user } = await upgraded(context);
      await send(context, writeTheme(user, "dark", { "usermeta-reason": "I like %E2%98%BE" }));
      await admin(context, { method: "DELETE", path: user.adminPath });
      const [clear, theme, plan, seed] = await historyOf(context, user);
      const { kind, id, via } = (clear?.by ?? {}) as Record<string, string>;
      assert.deepEqual([clear?.action, kind, via], ["clear", "admin", "native"]);
      assert.match(id ?? "", /^[0-9a-f]{12}$/);
      assert.deepEqual(theme?.by, { kind: "user", id: user.id, via: "native" });
      assert.deepEqual([theme?.action, theme?.reason], ["update", "I like ☾"]);
      assert.deepEqual(theme?.changes, [
        { op: "replace", path: "/unsafeMetadata/theme", value: "dark", was: "light" },
      ]);
      assert.deepEqual([plan?.by, plan?.reason], [{ kind: "app", id: "billing", via: "core" }, "paid"]);
      assert.deepEqual(plan?.changes, [
        { op: "replace", path: "/publicMetadata/plan", value: "pro", was: "free" },
        { op: "replace", path: "/privateMetadata/secret", value: `${PRIVATE_MARKER} 2`, was: PRIVATE_MARKER },
        { op: "add", path: "/privateMetadata/note", value: "x" },
      ]);
      assert.deepEqual([plan?.previous, seed?.previous], [seed?.version, 0]);
    },
  },
  {
    name: "history: pages follow each other by their cursor, and are of a tier or of an actor",
    async run(context) {
      const { user } = await upgraded(context);
      for (const theme of ["dark", "red", "blue"]) await send(context, writeTheme(user, theme));
      const all = await historyOf(context, user);
      const seen: Json[] = [];
      let cursor: unknown = "";
      do {
        const query = `?limit=2${cursor ? `&cursor=${cursor}` : ""}`;
        const page = expectJson(
          await admin(context, { method: "GET", path: `${pathOf(user, "history")}${query}` }),
        );
        seen.push(...(page.entries as Json[]));
        cursor = page.cursor;
      } while (cursor);
      assert.deepEqual(seen, all);
      assert.equal((await historyOf(context, user, "?tier=private")).length, 2);
      assert.equal((await historyOf(context, user, "?actor=billing")).length, 1);
      assert.equal((await historyOf(context, user, `?actor=${user.id}`)).length, 3);
    },
  },
  {
    name: "history: a user sees their own writes, and of others' what changed in the public and the unsafe tier",
    async run(context) {
      const { user } = await upgraded(context);
      await context.engine.updateUserMetadata(user.id, { privateMetadata: { seen: true } });
      await send(context, writeTheme(user, "dark", { "usermeta-reason": "mine" }));
      const [theme, plan, seed, ...none] = await ownHistory(context, user);
      assert.deepEqual(none, []);
      assert.deepEqual([theme?.by, theme?.reason], ["user", "mine"]);
      assert.deepEqual(plan, {
        ...{ action: "update", version: plan?.version, at: plan?.at, by: "server" },
        changes: [{ op: "replace", path: "/publicMetadata/plan", value: "pro", was: "free" }],
      });
      assert.deepEqual(
        ((seed?.changes ?? []) as Json[]).map(({ path }) => path),
        ["/publicMetadata/plan", "/unsafeMetadata/theme", "/unsafeMetadata/nested"],
      );
      const text = JSON.stringify(await ownHistory(context, user));
      assert.deepEqual(
        SECRETS.filter((secret) => text.includes(`"${secret}"`)),
        [],
      );
    },
  },
  {
    name: "history: a user's own has pages, and takes no other parameter",
    async run(context) {
      const { user } = await upgraded(context);
      const other = await seededUser(context);
      const page = expectJson(await send(context, { path: "/metadata/history?limit=1", bearer: user.token }));
      const rest = await ownHistory(context, user, `?cursor=${page.cursor}`);
      assert.deepEqual([...(page.entries as Json[]), ...rest], await ownHistory(context, user));
      for (const query of [
        `userId=${other.id}`,
        "tier=private",
        "actor=billing",
        "limit=0",
        "limit=501",
        "cursor=x",
      ]) {
        const request = { path: `/metadata/history?${query}`, bearer: user.token };
        await expectRefused(context, user, request, [400, "query_invalid"]);
      }
    },
  },
  {
    name: "history: it is empty for who has none",
    async run(context) {
      const user = await emptyUser(context);
      assert.deepEqual(await ownHistory(context, user), []);
      assert.deepEqual(await historyOf(context, user), []);
    },
  },
  {
    name: "history: HEAD answers as GET, without the body",
    async run(context) {
      const { user } = await upgraded(context);
      for (const [path, bearer] of [
        ["/metadata/history", user.token],
        [pathOf(user, "history"), ADMIN_KEY],
      ] as const) {
        // A reason is of a write.
        const headers = { "usermeta-reason": "%" };
        const answer = await send(context, { method: "HEAD", path, bearer, headers });
        assert.deepEqual([answer.status, answer.headers.get("cache-control")], [200, "no-store"]);
      }
    },
  },
  {
    name: "history: an old version is read by its number and by the time, as it was",
    async run(context) {
      const { user, before } = await upgraded(context);
      await admin(context, { method: "DELETE", path: user.adminPath });
      for (const query of [`version=${before.version}`, `at=${before.updatedAt}`]) {
        const view = expectJson(await admin(context, { method: "GET", path: `${user.adminPath}?${query}` }));
        expectAdminView(view);
        assert.deepEqual(view, before);
      }
      const early = new Date(Number(before.createdAt) - 1000).toISOString();
      const nothing = expectJson(
        await admin(context, { method: "GET", path: `${user.adminPath}?at=${early}` }),
      );
      assert.deepEqual([nothing.version, nothing.publicMetadata, nothing.createdAt], [0, {}, null]);
    },
  },
  {
    name: "history: a version that it does not have is a 404, and a malformed question a 400",
    async run(context) {
      const { user, before } = await upgraded(context);
      for (const version of [1, Number(before.version) - 1, Number(before.version) + 2 ** 40])
        await expectRefused(
          context,
          user,
          { path: `${user.adminPath}?version=${version}`, bearer: ADMIN_KEY },
          [404, "version_unknown"],
        );
      for (const query of ["version=x", "version=1.5", "at=noon", `version=${before.version}&at=1`])
        await expectRefused(context, user, { path: `${user.adminPath}?${query}`, bearer: ADMIN_KEY }, [
          400,
          "query_invalid",
        ]);
    },
  },
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
    name: "history: what changes nothing has no entry",
    async run(context) {
      const { user } = await upgraded(context);
      await expectUnchanged(context, user, () => send(context, writeTheme(user, "light")));
      assert.equal((await historyOf(context, user)).length, 2);
    },
  },
  {
    name: "history: each of many writes at once has its entry",
    async run(context) {
      const user = await emptyUser(context, freshId());
      const keys = Array.from({ length: 20 }, (_, index) => `key${index}`);
      await Promise.all(
        keys.map((key) =>
          send(context, {
            ...{ method: "PATCH", path: "/metadata", bearer: user.token },
            ...{ type: SHALLOW, body: { json: { [key]: 1 } } },
          }),
        ),
      );
      const entries = await historyOf(context, user);
      const paths = entries.flatMap(({ changes }) => (changes as Json[]).map(({ path }) => path));
      assert.deepEqual(paths.toSorted(), keys.map((key) => `/unsafeMetadata/${key}`).toSorted());
      for (const [index, { previous }] of entries.entries())
        assert.equal(previous, entries[index + 1]?.version ?? 0);
    },
  },
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
