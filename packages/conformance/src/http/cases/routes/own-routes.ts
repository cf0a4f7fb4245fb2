import assert from "node:assert/strict";
import type { HttpAnswer, HttpRequest } from "../../client.ts";
import { send } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import { expectProblem } from "../../expectations.ts";
import { ADMIN_KEY, emptyUser, freshId } from "../../fixtures.ts";
import { nowSeconds } from "../../tokens.ts";

const OWN = { method: "POST", path: "/own", own: true } as const;
const OPTIONAL = { path: "/own-optional", own: true } as const;

/** The app answers in its framework's own way, so of its own route only the JSON is asked. */
const expectOwn = (answer: HttpAnswer, value: unknown): void => {
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(JSON.parse(answer.text), value);
};

const cookie = async (context: HttpContext, id: string) => ({
  cookie: `session=${await context.tokens.sign(id)}`,
});

const ownCase = (name: string, run: HttpCase["run"]): HttpCase => ({
  name: `own route: ${name}`,
  needs: "ownRoutes",
  run,
});

const refusesOwn = (
  name: string,
  request: HttpRequest,
  code: "session_missing" | "token_invalid",
): HttpCase =>
  ownCase(name, async (context) => {
    expectProblem(await send(context, request), [401, code]);
  });

/** The app's own routes, guarded by `verifySession`. */
export const ownRouteCases: readonly HttpCase[] = [
  refusesOwn("no token is a 401", OWN, "session_missing"),
  refusesOwn("garbage is a 401", { ...OWN, bearer: "garbage" }, "token_invalid"),
  refusesOwn("the admin key is not a session", { ...OWN, bearer: ADMIN_KEY }, "token_invalid"),
  ownCase("an expired token is a 401", async (context) => {
    const claims = { exp: nowSeconds() - 600 };
    const bearer = await context.tokens.sign(freshId(), { claims });
    expectProblem(await send(context, { ...OWN, bearer }), [401, "token_expired"]);
  }),
  ownCase("a session is handed on, with the tenant public where the token names none", async (context) => {
    const { id, token } = await emptyUser(context);
    expectOwn(await send(context, { ...OWN, bearer: token }), { userId: id, tenantId: "public" });
  }),
  ownCase("sessions at once are not mixed up", async (context) => {
    const users = await Promise.all(Array.from({ length: 20 }, () => emptyUser(context)));
    const answers = await Promise.all(users.map(({ token }) => send(context, { ...OWN, bearer: token })));
    for (const [index, answer] of answers.entries()) {
      expectOwn(answer, { userId: users[index]?.id, tenantId: "public" });
    }
  }),
  ownCase("a cookie session that writes needs its proof", async (context) => {
    const id = freshId();
    const headers = await cookie(context, id);
    expectProblem(await send(context, { ...OWN, headers }), [403, "origin_refused"]);
    const foreign = { ...headers, origin: "https://evil.test" };
    expectProblem(await send(context, { ...OWN, headers: foreign }), [403, "origin_refused"]);
    const proven = { ...headers, "sec-fetch-site": "same-origin" };
    expectOwn(await send(context, { ...OWN, headers: proven }), { userId: id, tenantId: "public" });
  }),
  ownCase("if no session is required, anonymous calls pass", async (context) => {
    expectOwn(await send(context, OPTIONAL), { userId: null });
  }),
  ownCase("if no session is required, one that is there is handed on", async (context) => {
    const { id, token } = await emptyUser(context);
    expectOwn(await send(context, { ...OPTIONAL, bearer: token }), { userId: id });
    expectOwn(await send(context, { ...OPTIONAL, headers: await cookie(context, id) }), { userId: id });
  }),
  ownCase("if no session is required, a bad token is still a 401", async (context) => {
    expectProblem(await send(context, { ...OPTIONAL, bearer: "garbage" }), [401, "token_invalid"]);
    const stranger = await context.tokens.sign(freshId(), { stranger: true });
    expectProblem(await send(context, { ...OPTIONAL, bearer: stranger }), [401, "token_invalid"]);
  }),
  {
    ...ownCase("beside a prefix, guarded as well", async (context) => {
      const { id, token } = await emptyUser(context);
      expectOwn(await send(context, { ...OWN, bearer: token }), { userId: id, tenantId: "public" });
      expectProblem(await send(context, OWN), [401, "session_missing"]);
    }),
    mount: "prefix",
  },
  {
    ...ownCase("behind the app's body parser, with a body", async (context) => {
      const { id, token } = await emptyUser(context);
      const body = { json: { userId: "someone-else" } };
      const request = { ...OWN, bearer: token, type: "application/json", body };
      expectOwn(await send(context, request), { userId: id, tenantId: "public" });
      const { bearer: _, ...anonymous } = request;
      expectProblem(await send(context, anonymous), [401, "session_missing"]);
    }),
    mount: "parsed",
  },
];
