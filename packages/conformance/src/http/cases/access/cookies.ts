import assert from "node:assert/strict";
import { send, sendRaw } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import { expectJson, expectProblem, expectRefused, expectUnchanged } from "../../expectations.ts";
import { seededUser, storedUnsafe } from "../../fixtures.ts";
import { SESSION_WRITES } from "../../routes.ts";
import { AUTHORIZED_PARTY, nowSeconds } from "../../tokens.ts";

type Proof = Record<string, string>;
type MakeProof = (context: HttpContext) => Proof;

const toHttps = (origin: string): string => origin.replace("http:", "https:");

const GOOD: readonly (readonly [name: string, proof: MakeProof])[] = [
  ["Sec-Fetch-Site: same-origin", () => ({ "sec-fetch-site": "same-origin" })],
  ["an Origin that is the request's own host", ({ origin }) => ({ origin })],
  ["our Origin over https, where TLS ends at a proxy", ({ origin }) => ({ origin: toHttps(origin) })],
  [
    "our Origin over https beside X-Forwarded-Proto: https",
    ({ origin }) => ({ origin: toHttps(origin), "x-forwarded-proto": "https" }),
  ],
  ["an Origin that is an authorized party", () => ({ origin: AUTHORIZED_PARTY })],
  [
    "an authorized party's Origin, as a browser sends it",
    () => ({ origin: AUTHORIZED_PARTY, "sec-fetch-site": "cross-site" }),
  ],
];

const portOf = (origin: string): number => Number(new URL(origin).port);

const BAD: readonly (readonly [name: string, proof: MakeProof])[] = [
  ["no proof at all", () => ({})],
  ["Sec-Fetch-Site: cross-site", () => ({ "sec-fetch-site": "cross-site" })],
  ["Sec-Fetch-Site: same-site", () => ({ "sec-fetch-site": "same-site" })],
  ["Sec-Fetch-Site: none", () => ({ "sec-fetch-site": "none" })],
  ["a foreign Origin", () => ({ origin: "https://evil.test" })],
  [
    "a foreign Origin with cross-site",
    () => ({ origin: "https://evil.test", "sec-fetch-site": "cross-site" }),
  ],
  ...["cross-site", "same-site", "none", "unheard-of"].map((site): readonly [string, MakeProof] => [
    `our own Origin beside Sec-Fetch-Site: ${site}`,
    ({ origin }) => ({ origin, "sec-fetch-site": site }),
  ]),
  [
    "our Origin over http, where the request came by https",
    ({ origin }) => ({ origin, "x-forwarded-proto": "https" }),
  ],
  ["the Origin null", () => ({ origin: "null" })],
  [
    "an Origin of another port",
    ({ origin }) => ({ origin: `http://127.0.0.1:${portOf(origin) === 80 ? 81 : 80}` }),
  ],
  ["an Origin that begins as our host", ({ origin }) => ({ origin: `${origin}.evil.test` })],
  ["an Origin that begins as an authorized party", () => ({ origin: `${AUTHORIZED_PARTY}.evil.test` })],
  ["an authorized party over http", () => ({ origin: AUTHORIZED_PARTY.replace("https", "http") })],
];

const cookieOf = (token: string): Proof => ({ cookie: `session=${token}` });

/** Sessions that come in a cookie, and the proof that their writes need. */
export const cookieCases: readonly HttpCase[] = [
  {
    name: "a cookie session reads without a proof",
    async run(context) {
      const user = await seededUser(context);
      const request = { path: "/metadata", headers: cookieOf(user.token) };
      assert.equal(expectJson(await send(context, request)).userId, user.id);
      assert.equal((await send(context, { ...request, method: "HEAD" })).status, 200);
    },
  },
  ...GOOD.map(([name, proof]) => ({
    name: `a cookie session writes with ${name}`,
    async run(context: HttpContext): Promise<void> {
      const user = await seededUser(context);
      for (const call of SESSION_WRITES) {
        const headers = { ...cookieOf(user.token), ...proof(context) };
        assert.equal(expectJson(await send(context, { ...call, headers })).userId, user.id);
      }
      assert.deepEqual(await storedUnsafe(context, user), {});
    },
  })),
  ...BAD.map(([name, proof]) => ({
    name: `refused: a write on a cookie session with ${name}`,
    async run(context: HttpContext): Promise<void> {
      const user = await seededUser(context);
      for (const call of SESSION_WRITES) {
        const headers = { ...cookieOf(user.token), ...proof(context) };
        await expectRefused(context, user, { ...call, headers }, [403, "origin_refused"]);
      }
    },
  })),
  {
    name: "a Bearer session needs no proof, whatever site it comes from",
    async run(context) {
      const user = await seededUser(context);
      for (const call of SESSION_WRITES) {
        const headers = { "sec-fetch-site": "cross-site", origin: "https://evil.test" };
        expectJson(await send(context, { ...call, bearer: user.token, headers }));
      }
    },
  },
  {
    name: "refused: a bad Bearer token does not spare a cookie session its proof",
    async run(context) {
      const user = await seededUser(context);
      await expectUnchanged(context, user, async () => {
        for (const call of SESSION_WRITES) {
          const answer = await send(context, { ...call, bearer: "garbage", headers: cookieOf(user.token) });
          assert.ok([401, 403].includes(answer.status), answer.text);
        }
      });
    },
  },
  {
    name: "the session's cookie is found among others, and quoted",
    async run(context) {
      const user = await seededUser(context);
      const { token } = user;
      for (const cookie of [
        `a=1; session=${token}; b=2`,
        `sessions=no; xsession=no;session=${token}`,
        `session="${token}"`,
        `empty=; flag; session=${token}`,
        `percent=%ZZ; session=${token}`,
      ]) {
        const request = { path: "/metadata", headers: { cookie } };
        assert.equal(expectJson(await send(context, request)).userId, user.id, cookie.replace(token, "…"));
      }
    },
  },
  {
    name: "of two cookies of the session's name the one that is valid counts, in any order (RFC 6265, 4.2.2)",
    async run(context) {
      const user = await seededUser(context);
      const expired = await context.tokens.sign(user.id, { claims: { exp: nowSeconds() - 3600 } });
      const stranger = await context.tokens.sign(user.id, { stranger: true });
      for (const stale of [expired, stranger, "garbage", `${user.token}==`, ""]) {
        for (const pair of [
          [stale, user.token],
          [user.token, stale],
        ]) {
          const headers = { cookie: pair.map((token) => `session=${token}`).join("; ") };
          assert.equal(expectJson(await send(context, { path: "/metadata", headers })).userId, user.id);
          for (const call of SESSION_WRITES)
            await expectRefused(context, user, { ...call, headers }, [403, "origin_refused"]);
        }
      }
    },
  },
  {
    name: "of two cookies of the session's name that are both valid, the first counts",
    async run(context) {
      const [first, second] = [await seededUser(context), await seededUser(context)];
      for (const [one, other] of [
        [first, second],
        [second, first],
      ] as const) {
        const headers = { cookie: `session=${one.token}; session=${other.token}` };
        assert.equal(expectJson(await send(context, { path: "/metadata", headers })).userId, one.id);
      }
    },
  },
  {
    name: "refused: of two cookies of the session's name none is valid",
    async run(context) {
      const user = await seededUser(context);
      const expired = await context.tokens.sign(user.id, { claims: { exp: nowSeconds() - 3600 } });
      const read = (cookie: string) => send(context, { path: "/metadata", headers: { cookie } });
      expectProblem(await read("session=garbage; session=a.b.c"), [401, "token_invalid"]);
      expectProblem(await read(`session=${expired}; session=garbage`), [401, "token_expired"]);
    },
  },
  {
    name: "refused: a cookie with a token that is not canonical base64url",
    async run(context) {
      const { token } = await seededUser(context);
      for (const spelled of [`${token}==`, `${token.slice(0, 8)} ${token.slice(8)}`]) {
        const answer = await send(context, { path: "/metadata", headers: cookieOf(spelled) });
        expectProblem(answer, [401, "token_invalid"]);
      }
    },
  },
  {
    name: "a Bearer token counts before a cookie",
    async run(context) {
      const [bearer, cookie] = [await seededUser(context), await seededUser(context)];
      const request = { path: "/metadata", bearer: bearer.token, headers: cookieOf(cookie.token) };
      assert.equal(expectJson(await send(context, request)).userId, bearer.id);
    },
  },
  {
    name: "repeated Cookie headers are one list",
    needs: "rawHeaders",
    async run(context) {
      const user = await seededUser(context);
      const headers = [
        ["Cookie", "a=1"],
        ["Cookie", `session=${user.token}`],
        ["Cookie", "b=2"],
      ] as const;
      const answer = await sendRaw(context, { method: "GET", target: "/metadata", headers });
      assert.equal(expectJson(answer).userId, user.id);
    },
  },
  {
    name: "refused: garbage in the session's cookie",
    async run(context) {
      const answer = await send(context, { path: "/metadata", headers: cookieOf("garbage") });
      expectProblem(answer, [401, "token_invalid"]);
    },
  },
  {
    name: "other cookies make no session",
    async run(context) {
      const user = await seededUser(context);
      const others = ["Session", "xsession", "\u00a0session", "session\u00a0"];
      for (const cookie of [...others.map((name) => `${name}=${user.token}`), "a=1"]) {
        const answer = await send(context, { path: "/metadata", headers: { cookie } });
        expectProblem(answer, [401, "session_missing"]);
      }
    },
  },
];
