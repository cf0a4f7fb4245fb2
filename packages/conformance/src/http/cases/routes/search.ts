import assert from "node:assert/strict";
import { type HttpAnswer, send } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import { expectJson, expectProblem } from "../../expectations.ts";
import { ADMIN_KEY, emptyUser, freshId } from "../../fixtures.ts";

const search = (context: HttpContext, query: string): Promise<HttpAnswer> =>
  send(context, { path: `/users${query}`, bearer: ADMIN_KEY });

const idsOf = (answer: HttpAnswer): unknown[] =>
  (expectJson(answer).users as { userId: unknown }[]).map(({ userId }) => userId);

/** Users whose public tier holds the same fresh mark, in the order of their ids. */
const marked = async ({ engine }: HttpContext, count: number): Promise<{ ids: string[]; mark: string }> => {
  const mark = freshId();
  const ids = Array.from({ length: count }, freshId).sort();
  const tiers = { publicMetadata: { mark, at: { city: "Oslo" } }, privateMetadata: { seats: 5 } };
  await Promise.all(ids.map((id) => engine.updateUserMetadata(id, tiers)));
  return { ids, mark };
};

const refuses = (query: string): HttpCase => ({
  name: `search: ${query} is refused`,
  async run(context) {
    expectProblem(await search(context, query), [400, "query_invalid"]);
  },
});

/** `GET /users`. */
export const searchCases: readonly HttpCase[] = [
  {
    name: "search: users are found by what a tier contains, with all tiers",
    async run(context) {
      const { ids, mark } = await marked(context, 3);
      const answer = await search(context, `?public.mark=${mark}&public.at.city=Oslo`);
      assert.deepEqual(idsOf(answer), ids);
      const [first] = expectJson(answer).users as { privateMetadata: unknown }[];
      assert.deepEqual(first?.privateMetadata, { seats: 5 });
      assert.deepEqual(idsOf(await search(context, `?public.mark=${mark}&public.at.city=Rome`)), []);
    },
  },
  {
    name: "search: a value that reads as JSON is that, and one in quotes a string",
    async run(context) {
      const { ids } = await marked(context, 1);
      const found = idsOf(await search(context, "?private.seats=5&limit=500"));
      assert.ok(found.includes(ids[0]));
      assert.deepEqual(idsOf(await search(context, "?private.seats=%225%22")), []);
    },
  },
  {
    name: "search: pages follow each other by their cursor",
    async run(context) {
      const { ids, mark } = await marked(context, 5);
      const seen: unknown[] = [];
      let cursor: unknown = "";
      do {
        const answer = await search(
          context,
          `?public.mark=${mark}&limit=2&cursor=${encodeURIComponent(String(cursor))}`,
        );
        seen.push(...idsOf(answer));
        cursor = expectJson(answer).cursor;
      } while (cursor !== undefined);
      assert.deepEqual(seen, ids);
    },
  },
  {
    name: "search: a session and a stranger may not",
    async run(context) {
      const { token } = await emptyUser(context);
      expectProblem(await send(context, { path: "/users" }), [401, "admin_key_missing"]);
      expectProblem(await send(context, { path: "/users", bearer: token }), [401, "admin_key_invalid"]);
    },
  },
  ...["?limit=0", "?limit=501", "?limit=x", "?plan=pro", "?secret.plan=pro", "?public=1"].map(refuses),
  ...["?public.a=1&unsafe.b=2", "?public.a=1&public.a=2", "?public.a=1&public.a.b=2", "?cursor=%00"].map(
    refuses,
  ),
];
