import assert from "node:assert/strict";
import type { HttpRequest } from "../../client.ts";
import { send, sendRaw } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import type { Refusal } from "../../expectations.ts";
import { expectJson, expectProblem, expectRefused, expectUnchanged } from "../../expectations.ts";
import type { TestUser } from "../../fixtures.ts";
import { freshId, seededUser } from "../../fixtures.ts";
import { SESSION_CALLS } from "../../routes.ts";
import { AUTHORIZED_PARTY, encodePart, ISSUER, nowSeconds } from "../../tokens.ts";

type MakeToken = (context: HttpContext, user: TestUser) => string | Promise<string>;
const INVALID: Refusal = [401, "token_invalid"];

const withClaims =
  (claims: Record<string, unknown>): MakeToken =>
  (context, user) =>
    context.tokens.sign(user.id, { claims });

const withHeader =
  (header: Record<string, unknown>): MakeToken =>
  (context, user) =>
    context.tokens.sign(user.id, { header });

/** Replaces one of the three parts of a good token. */
const tampered =
  (part: 0 | 1 | 2, replace: (value: string) => string): MakeToken =>
  (_, user) =>
    user.token
      .split(".")
      .map((value, index) => (index === part ? replace(value) : value))
      .join(".");

const raiseSubject = (payload: string): string => {
  const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
  return encodePart({ ...(claims as object), sub: "someone-else" });
};

/** Puts something into the middle of a part: decoders of base64 pass over white space. */
const into = (text: string) => (part: string) => `${part.slice(0, 8)}${text}${part.slice(8)}`;

/** Sets the bits of the last character that are beyond the last byte; 64 bytes of a signature leave four. */
const withSpareBits = (signature: string): string => {
  const last = { A: "B", Q: "R", g: "h", w: "x" }[signature.slice(-1)];
  return `${signature.slice(0, -1)}${last}`;
};

/** The same bytes in the alphabet of base64, which has + and / for - and _. */
const inBase64 = (part: string): string => Buffer.from(part, "base64url").toString("base64");

/** A token whose header has bytes that base64 spells with + and /. */
const signedInBase64: MakeToken = async ({ tokens }, user) => {
  const token = await tokens.sign(user.id, { header: { cty: "\u{3fff}\u{3ffe}" } });
  const [header = "", ...rest] = token.split(".");
  assert.notEqual(inBase64(header).replaceAll("=", ""), header, "this token has no - and no _");
  return [inBase64(header).replaceAll("=", ""), ...rest].join(".");
};

/** One token in other spellings (RFC 7515, section 2; as Wycheproof's vectors of JOSE have them). */
const SPELLINGS: readonly (readonly [name: string, make: MakeToken])[] = [
  ["a token with a space in its header", tampered(0, into(" "))],
  ["a token with a tab in its payload", tampered(1, into("\t"))],
  ["a token with a space in its signature", tampered(2, into(" "))],
  ["a token with padding behind its signature", tampered(2, (value) => `${value}==`)],
  ["a token with spare bits in its signature", tampered(2, withSpareBits)],
  ["a token in the alphabet of base64", signedInBase64],
];

const flipFirst = (value: string): string => `${value.startsWith("A") ? "B" : "A"}${value.slice(1)}`;

const BAD_TOKENS: readonly (readonly [name: string, make: MakeToken, refusal?: Refusal])[] = [
  ["garbage", () => "garbage"],
  ["garbage in three parts", () => "a.b.c"],
  ["garbage of 4 KB", () => "x".repeat(4096)],
  ["an expired token", withClaims({ exp: nowSeconds() - 3600 }), [401, "token_expired"]],
  ["a token that never expires", withClaims({ exp: undefined })],
  ["a token whose expiry is a text", withClaims({ exp: "2999-01-01" as never })],
  ["a token whose beginning is a text", withClaims({ nbf: "x" as never })],
  ["a token not yet valid", withClaims({ nbf: nowSeconds() + 3600 }), [401, "token_not_yet_valid"]],
  ["a token of another issuer", withClaims({ iss: "https://other.test" })],
  ["a token of a list of issuers", withClaims({ iss: [ISSUER] as never })],
  ["a token without an issuer", withClaims({ iss: undefined })],
  ["a token for another audience", withClaims({ aud: "other" })],
  ["a token without an audience", withClaims({ aud: undefined })],
  ["a token of an unknown key id", withHeader({ kid: "unknown" })],
  [
    "a token of another key under a known key id",
    ({ tokens }, user) => tokens.sign(user.id, { stranger: true }),
  ],
  ["an unsigned token, alg none", ({ tokens }, user) => tokens.unsigned(user.id, "none")],
  ["an unsigned token, alg NONE", ({ tokens }, user) => tokens.unsigned(user.id, "NONE")],
  ["an unsigned token that claims ES256", ({ tokens }, user) => tokens.unsigned(user.id, "ES256")],
  ["an HS256 token signed with the public key's PEM", ({ tokens }, user) => tokens.confused(user.id, "pem")],
  ["an HS256 token signed with the public key's JWK", ({ tokens }, user) => tokens.confused(user.id, "jwk")],
  ["a token with another payload", tampered(1, raiseSubject)],
  [
    "a token with another header",
    tampered(0, () => encodePart({ alg: "ES256", kid: "conformance-key", x: 1 })),
  ],
  ["a token with another signature", tampered(2, flipFirst)],
  ["a token with an all-zero signature", tampered(2, () => Buffer.alloc(64).toString("base64url"))],
  ["a token without its signature", tampered(2, () => "")],
  [
    "a token that brings its own key",
    async ({ tokens }, user) => {
      const header = { jwk: tokens.publicKey, kid: undefined };
      return tokens.sign(user.id, { header, stranger: true });
    },
  ],
  ...SPELLINGS,
  ["a token without a subject", withClaims({ sub: undefined })],
  ["a token with an empty subject", withClaims({ sub: "" })],
  ["a token with a subject of 256 characters", withClaims({ sub: "u".repeat(256) })],
  ["a token with a subject of only dots", withClaims({ sub: ".." })],
  ["a token with a control character in its subject", withClaims({ sub: "user\u0000" })],
  ["a token of a foreign authorized party", withClaims({ azp: "https://evil.test" })],
];

/** No answer may show the token that was sent. */
const refusedEverywhere = async (
  context: HttpContext,
  user: TestUser,
  bearer: string,
  refusal: Refusal,
): Promise<void> => {
  for (const call of SESSION_CALLS) {
    const problem = await expectRefused(context, user, { ...call, bearer }, refusal);
    assert.ok(bearer.length < 8 || !JSON.stringify(problem).includes(bearer), "a token in an answer");
  }
};

const withoutSession = async (context: HttpContext, headers: Record<string, string>, refusal: Refusal) => {
  const user = await seededUser(context);
  for (const call of SESSION_CALLS) await expectRefused(context, user, { ...call, headers }, refusal);
};

const accepted = async (
  context: HttpContext,
  user: TestUser,
  request: Partial<HttpRequest>,
): Promise<void> => {
  assert.equal(expectJson(await send(context, { path: "/metadata", ...request })).userId, user.id);
};

/** Which tokens make a session, and that every other is refused by every route, with nothing written. */
export const credentialCases: readonly HttpCase[] = [
  ...BAD_TOKENS.map(([name, make, refusal = INVALID]) => ({
    name: `refused: ${name}`,
    async run(context: HttpContext): Promise<void> {
      const user = await seededUser(context);
      await refusedEverywhere(context, user, await make(context, user), refusal);
    },
  })),
  {
    name: "refused: no token",
    run: (context) => withoutSession(context, {}, [401, "session_missing"]),
  },
  {
    name: "refused: another scheme than Bearer",
    run: (context) => withoutSession(context, { authorization: "Basic dTpw" }, [401, "session_missing"]),
  },
  {
    name: "refused: a Bearer scheme with nothing behind it",
    run: (context) =>
      withoutSession(context, { authorization: "Bearer " }, [401, "session_missing", "token_invalid"]),
  },
  {
    name: "refused: a token in the query or in the body",
    async run(context) {
      const user = await seededUser(context);
      const path = `/metadata?access_token=${user.token}&token=${user.token}`;
      await expectRefused(context, user, { path }, [401, "session_missing"]);
      const body = { json: { access_token: user.token } };
      const write = { method: "PATCH", path, type: "application/json", body };
      await expectRefused(context, user, write, [401, "session_missing"]);
    },
  },
  {
    name: "refused: two Authorization headers, each of them good",
    needs: "rawHeaders",
    async run(context) {
      const user = await seededUser(context);
      await expectUnchanged(context, user, async () => {
        const authorization = ["Authorization", `Bearer ${user.token}`] as const;
        const request = { method: "DELETE", target: "/metadata", headers: [authorization, authorization] };
        expectProblem(await sendRaw(context, request), INVALID);
      });
    },
  },
  {
    name: "accepted: the Bearer scheme in any case (RFC 9110, 11.1)",
    async run(context) {
      const user = await seededUser(context);
      for (const scheme of ["bearer", "BEARER"]) {
        await accepted(context, user, { headers: { authorization: `${scheme} ${user.token}` } });
      }
    },
  },
  {
    name: "accepted: an audience among others, an authorized party, and a clock that is 2 s off",
    async run(context) {
      const user = await seededUser(context);
      const changes = [
        { aud: ["other", "conformance"] },
        { azp: AUTHORIZED_PARTY },
        { exp: nowSeconds() - 2 },
        { nbf: nowSeconds() + 2 },
      ];
      for (const claims of changes) {
        await accepted(context, user, { bearer: await context.tokens.sign(user.id, { claims }) });
      }
    },
  },
  {
    name: "accepted: a subject of 255 characters, also beyond the basic plane (OIDC Core, 2)",
    async run(context) {
      for (const character of ["u", "\u{1f600}"]) {
        const id = `${freshId()}-`;
        const user = await seededUser(context, id + character.repeat(255 - id.length));
        await accepted(context, user, { bearer: user.token });
      }
    },
  },
  {
    name: "accepted: one token for many requests, and for its own user alone",
    async run(context) {
      const users = [await seededUser(context), await seededUser(context)];
      for (const user of [...users, ...users]) await accepted(context, user, { bearer: user.token });
    },
  },
];
