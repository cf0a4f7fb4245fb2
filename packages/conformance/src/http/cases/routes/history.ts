import assert from "node:assert/strict";
import { send } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import type { Json } from "../../expectations.ts";
import { expectAdminView, expectJson, expectRefused, expectUnchanged } from "../../expectations.ts";
import { ADMIN_KEY, emptyUser, freshId, PRIVATE_MARKER, seededUser, type TestUser } from "../../fixtures.ts";
import { admin, entriesIn, historyOf, pathOf, upgraded, writeTheme } from "../../histories.ts";
import { SHALLOW } from "../../routes.ts";

const ownHistory = async (context: HttpContext, user: TestUser, query = ""): Promise<readonly Json[]> =>
  entriesIn(await send(context, { path: `/metadata/history${query}`, bearer: user.token }));

const SECRETS = ["billing", "paid", "note", "app", "previous"];

/** Who wrote what. */
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
];
