/** `onSessionRefused`: the log learns what was expected of a token and what came, the client does not. */
import { expect, test } from "vitest";
import {
  createUserMetadata,
  errorOutcome,
  jwtSessions,
  memoryStore,
  tokenIssuer,
  UserMetadataError,
} from "../src/index.ts";
import { bearer, requestWith } from "./requests.ts";

const OURS = { issuer: "https://ours.test", audience: "ours" };
const issuer = tokenIssuer(OURS);

/** Refuses a token, and answers what the client and what the log is told. */
const refuse = async (token: string, keys = issuer.jwks) => {
  const told: unknown[] = [];
  const metadata = createUserMetadata({
    store: memoryStore(),
    sessions: jwtSessions({ ...OURS, keys }),
    onSessionRefused: (error) => void told.push(error),
  });
  const error: unknown = await metadata.verifySession(bearer(token)).catch((reason: unknown) => reason);
  expect(told).toEqual([error]);
  if (!UserMetadataError.is(error)) throw new Error("not an error of ours");
  return { code: error.code, cause: error.cause, shown: errorOutcome(error).body ?? "" };
};

const kidsOf = async ({ jwks }: typeof issuer) => (await jwks()).keys.map(({ kid }) => kid);

test("a token of another iss, or for another aud", async () => {
  const { privateKey, publicJwk } = await makeKey();
  const sign = (who: typeof OURS) => tokenIssuer({ ...who, keys: [privateKey] }).sign("jane");
  const keys = async () => ({ keys: [publicJwk] });
  const iss = await refuse(await sign({ ...OURS, issuer: "https://theirs.test" }), keys);
  expect(iss).toMatchObject({
    code: "token_invalid",
    cause: { claim: "iss", expected: "https://ours.test", received: "https://theirs.test" },
  });
  const aud = await refuse(await sign({ ...OURS, audience: "theirs" }), keys);
  expect(aud).toMatchObject({
    code: "token_invalid",
    cause: { claim: "aud", expected: ["ours"], received: "theirs" },
  });
  for (const { shown } of [iss, aud]) expect(shown).not.toMatch(/ours|theirs/);
});

test("an issuer that was restarted, and has another key", async () => {
  const before = tokenIssuer(OURS);
  const { code, cause, shown } = await refuse(await before.sign("jane"));
  const [received] = await kidsOf(before);
  expect([code, cause]).toEqual([
    "token_invalid",
    { claim: "kid", expected: await kidsOf(issuer), received },
  ]);
  expect(shown).not.toContain(received);
});

test("a token that is not a JWT has no cause; a session is not told, nor a request without credentials", async () => {
  expect(await refuse("garbage")).toMatchObject({ code: "token_invalid", cause: undefined });
  const told: unknown[] = [];
  const { verifySession } = createUserMetadata({
    store: memoryStore(),
    sessions: jwtSessions({ ...OURS, keys: issuer.jwks }),
    onSessionRefused: (error) => void told.push(error),
  });
  expect((await verifySession(bearer(await issuer.sign("jane")))).getUserId()).toBe("jane");
  expect(await verifySession(requestWith({}), { required: false })).toBeUndefined();
  expect(told).toEqual([]);
});

const makeKey = async () => {
  const { exportJWK, generateKeyPair } = await import("jose");
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const shared = { kid: "k", alg: "ES256" };
  return {
    privateKey: { ...(await exportJWK(privateKey)), ...shared },
    publicJwk: { ...(await exportJWK(publicKey)), ...shared },
  };
};
