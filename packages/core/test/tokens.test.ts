import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { isCanonicalToken, jwtSessions, type SessionVerifier, tokenIssuer } from "../src/index.ts";
import { bearer, requestWith } from "./requests.ts";

const ISSUER = "https://issuer.test";
const SECRET = new Uint8Array(64).fill(7);

const sign = (key: CryptoKey | Uint8Array, header: { alg: string; kid?: string }, claims: object = {}) =>
  new SignJWT({ iss: ISSUER, sub: "jane", exp: Math.floor(Date.now() / 1000) + 60, ...claims })
    .setProtectedHeader(header)
    .sign(key);
const signed = (claims: object = {}) => sign(SECRET, { alg: "HS256" }, claims);
const withSecret = (options: object = {}): SessionVerifier =>
  jwtSessions({ issuer: ISSUER, secret: SECRET, ...options });
const userOf = async (verify: SessionVerifier, token: string) => (await verify(bearer(token)))?.getUserId();

const INVALID = { code: "token_invalid", status: 401 };

describe("canonical base64url", () => {
  test.each([
    ["e30.e30.", true],
    ["e30.e30.AA", true],
    ["e30.e30.AAA", true],
    ["e30.e30.AAAA", true],
    ["e30.e30.A", false],
    ["e30.e30.AAAAA", false],
    ["e30.e30.AB", false],
    ["e30.e30.AAB", false],
    ["e30.e30.AA==", false],
    ["e30.e30.A+", false],
    ["e30.e3\n0.AA", false],
    ["e30.e30.A\u00e9", false],
    ["e30.e30", false],
    ["e30.e30.AA.AA", false],
  ])("%j: %s", (token, expected) => {
    expect(isCanonicalToken(token)).toBe(expected);
  });

  test("agrees with an encoder on every last group of one and two bytes", () => {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (const a of letters)
      for (const b of letters)
        for (const part of [a + b, `A${a}${b}`]) {
          const again = Buffer.from(part, "base64url").toString("base64url");
          expect(isCanonicalToken(`e30.e30.${part}`), part).toBe(again === part);
        }
  });
});

describe("the cache of verified tokens", () => {
  test("knows one entry for each token, however its header is spelled around it", async () => {
    const sessions = withSecret();
    const token = await signed();
    const first = await sessions(bearer(token));
    expect(sessions(bearer(token))).toBe(first);
    const spelled = await sessions(requestWith({ authorization: `bearer    ${token}` }));
    expect(spelled?.getUserId()).toBe("jane");
    // The other spelling has taken its place.
    expect(sessions(bearer(token))).toBeInstanceOf(Promise);
  });

  test("keeps nothing above 4 KB", async () => {
    const sessions = withSecret();
    const [small, large] = [await signed({ pad: "x".repeat(2800) }), await signed({ pad: "x".repeat(3000) })];
    expect([small.length < 4090, large.length > 4096]).toEqual([true, true]);
    expect(sessions(bearer(small))).toBeInstanceOf(Promise);
    const [first, second] = [await sessions(bearer(large)), await sessions(bearer(large))];
    expect(first).not.toBe(second);
    expect(sessions(bearer(small))).toBe(await sessions(bearer(small)));
  });

  test("keeps 8 MB and no more: the token that came first goes first", async () => {
    const sessions = withSecret();
    const tokens = await Promise.all(
      Array.from({ length: 2200 }, (_, index) => signed({ pad: "x".repeat(2800), index })),
    );
    for (const token of tokens) await sessions(bearer(token));
    const isKept = (token: string | undefined) => !(sessions(bearer(token ?? "")) instanceof Promise);
    const size = (tokens[0]?.length ?? 0) + "Bearer ".length;
    const kept = Math.floor((8 * 1024 * 1024) / size);
    expect(kept).toBeLessThan(2200);
    expect([isKept(tokens.at(-1)), isKept(tokens.at(-kept + 2)), isKept(tokens[0])]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("hands out payloads that nobody can change, at any level", async () => {
    const sessions = withSecret();
    const nested: unknown = JSON.parse(`${"[".repeat(900)}${"]".repeat(900)}`);
    const token = await signed({ roles: ["user"], org: { a: { b: [{ c: 1 }] } }, nested });
    const payload = (await sessions(bearer(token)))?.getAccessTokenPayload() as {
      roles: string[];
      org: { a: { b: { c: number }[] } };
      nested: unknown[];
    };
    expect(() => payload.roles.push("admin")).toThrow(TypeError);
    expect(() => Object.assign(payload.org.a.b[0] as object, { c: 2 })).toThrow(TypeError);
    let inner: unknown = payload.nested;
    while (Array.isArray(inner) && inner.length > 0) [inner] = inner;
    expect(Object.isFrozen(inner)).toBe(true);
    expect((await sessions(bearer(token)))?.getAccessTokenPayload()).toMatchObject({ roles: ["user"] });
  });
});

describe("whose token it is", () => {
  test("is said by the claim that userIdClaim names, and by no other", async () => {
    const sessions = withSecret({ userIdClaim: "https://app.test/uid" });
    const token = await signed({ "https://app.test/uid": "u-1" });
    expect(await userOf(sessions, token)).toBe("u-1");
    const withoutSub = await signed({ "https://app.test/uid": "u-1", sub: undefined });
    expect(await userOf(sessions, withoutSub)).toBe("u-1");
    for (const claims of [{}, { "https://app.test/uid": 7 }, { "https://app.test/uid": "" }])
      await expect(sessions(bearer(await signed(claims)))).rejects.toMatchObject(INVALID);
  });

  test("a sub has up to 255 characters", async () => {
    for (const letter of ["u", "\u{1f600}"]) {
      expect(await userOf(withSecret(), await signed({ sub: letter.repeat(255) }))).toBe(letter.repeat(255));
      await expect(withSecret()(bearer(await signed({ sub: letter.repeat(256) })))).rejects.toMatchObject(
        INVALID,
      );
    }
  });
});

describe("claims of the wrong type", () => {
  test.each(["nbf", "exp", "iat"])("%s that is a text is token_invalid", async (claim) => {
    await expect(withSecret()(bearer(await signed({ [claim]: "x" })))).rejects.toMatchObject({
      ...INVALID,
      message: expect.stringContaining(`"${claim}"`),
    });
  });
});

describe("a key set", async () => {
  const pairs = await Promise.all([1, 2, 3].map(() => generateKeyPair("ES256", { extractable: true })));
  const jwks = await Promise.all(pairs.map(({ publicKey }) => exportJWK(publicKey)));
  const [first, second, third] = pairs.map(({ privateKey }) => privateKey) as [
    CryptoKey,
    CryptoKey,
    CryptoKey,
  ];
  const [one, two] = jwks as [JWK, JWK];
  const withKeys = (...keys: JWK[]) => jwtSessions({ issuer: ISSUER, keys: { keys } });
  const small: JWK = { kty: "RSA", e: "AQAB", n: "x".repeat(171), kid: "small" };

  test("of several: a token without kid is tried with each that fits", async () => {
    const sessions = withKeys(one, two);
    for (const key of [first, second])
      expect(await userOf(sessions, await sign(key, { alg: "ES256" }))).toBe("jane");
    await expect(sessions(bearer(await sign(third, { alg: "ES256" })))).rejects.toMatchObject(INVALID);
  });

  test("a kid that is there twice is tried with both", async () => {
    const sessions = withKeys({ ...one, kid: "a" }, { ...two, kid: "a" });
    for (const key of [first, second])
      expect(await userOf(sessions, await sign(key, { alg: "ES256", kid: "a" }))).toBe("jane");
    await expect(sessions(bearer(await sign(third, { alg: "ES256", kid: "a" })))).rejects.toMatchObject(
      INVALID,
    );
  });

  test("of several: an expired token is told so, whichever key it is of", async () => {
    for (const key of [first, second])
      await expect(
        withKeys(one, two)(bearer(await sign(key, { alg: "ES256" }, { exp: 1 }))),
      ).rejects.toMatchObject({ code: "token_expired" });
  });

  test("a key that cannot be used makes its own tokens invalid, and hinders no other", async () => {
    const cut = { ...one, kid: "cut", x: "AAAA" };
    const own = { ...(await exportJWK(first)), kid: "private" };
    const sessions = withKeys(cut, own, small, { kty: "new", kid: "new" }, { ...two, kid: "good" });
    expect(await userOf(sessions, await sign(second, { alg: "ES256", kid: "good" }))).toBe("jane");
    for (const kid of ["cut", "private", "new"])
      await expect(sessions(bearer(await sign(first, { alg: "ES256", kid })))).rejects.toMatchObject(INVALID);
    const rsa = (await generateKeyPair("RS256")).privateKey;
    await expect(sessions(bearer(await sign(rsa, { alg: "RS256", kid: "small" })))).rejects.toMatchObject(
      INVALID,
    );
    // Without a kid, those that can be used are tried.
    expect(await userOf(withKeys(cut, two), await sign(second, { alg: "ES256" }))).toBe("jane");
  });

  test("that an app's function cannot give is the server's failure", async () => {
    const unavailable = { code: "jwks_unavailable", status: 503 };
    const token = await sign(first, { alg: "ES256" });
    for (const keys of [
      () => Promise.reject(new Error("no database")),
      async () => ({ keys: [null] }),
      async () => ({}),
    ])
      await expect(jwtSessions({ issuer: ISSUER, keys: keys as never })(bearer(token))).rejects.toMatchObject(
        unavailable,
      );
  });

  test("by URL: an address that nobody answers is the server's failure, also for an unknown kid", async () => {
    const sessions = jwtSessions({ issuer: ISSUER, jwksUri: "http://127.0.0.1:1/jwks" });
    const token = await sign(first, { alg: "ES256", kid: "x" });
    await expect(sessions(bearer(token))).rejects.toMatchObject({ code: "jwks_unavailable" });
  });

  test("nothing of the verifier's own words is told", async () => {
    const sessions = withKeys({ ...one, kid: "a" });
    const tokens = [
      "x.y.z",
      await sign(second, { alg: "ES256", kid: "a" }),
      await sign(first, { alg: "ES256", kid: "b" }),
      await sign(first, { alg: "ES256", kid: "a" }, { iss: "other" }),
      await sign(SECRET, { alg: "HS256" }),
    ];
    for (const token of tokens) {
      const { message } = (await Promise.resolve(sessions(bearer(token))).catch(
        (error: Error) => error,
      )) as Error;
      expect(message).toMatch(/^The access token is refused: (it|its|no key) .*\. Sign in again\.$/);
      expect(message).not.toMatch(/JWS|Compact|Header|unexpected|applicable/);
    }
  });
});

describe("the issuer", () => {
  const generate = (algorithm: string) => generateKeyPair(algorithm, { extractable: true });

  test.each([
    ["ES256", ["alg", "crv", "kid", "kty", "use", "x", "y"]],
    ["EdDSA", ["alg", "crv", "kid", "kty", "use", "x"]],
    ["RS256", ["alg", "e", "kid", "kty", "n", "use"]],
  ] as const)(
    "publishes of an %s key what verifies, whatever it was exported with",
    async (algorithm, members) => {
      const { privateKey } = await generate(algorithm);
      const exported = (await crypto.subtle.exportKey("jwk", privateKey)) as JWK;
      expect(exported).toMatchObject({ key_ops: ["sign"], ext: true });
      const key = { ...exported, secret_note: "mine", x5u: "https://x.test" };
      const issuer = tokenIssuer({ issuer: ISSUER, audience: "app", algorithm, keys: [key] });
      const { keys } = await issuer.jwks();
      expect(Object.keys(keys[0] ?? {}).toSorted()).toEqual([...members].toSorted());
      const sessions = jwtSessions({ issuer: ISSUER, audience: "app", keys: { keys } });
      expect(await userOf(sessions, await issuer.sign("jane"))).toBe("jane");
      expect(await importJWK(keys[0] as JWK, algorithm)).toMatchObject({ type: "public" });
    },
  );

  test("takes no secret for a key", async () => {
    const keys = [{ kty: "oct", k: "AAAA", d: "AAAA" }];
    await expect(tokenIssuer({ issuer: ISSUER, audience: "app", keys }).jwks()).rejects.toMatchObject({
      code: "options_invalid",
    });
  });

  test.each([Number.NaN, -1, 0, 1.5, Number.POSITIVE_INFINITY, "900"])(
    "%j is refused as a lifetime",
    (lifetimeSeconds) => {
      expect(() =>
        tokenIssuer({ issuer: ISSUER, audience: "app", lifetimeSeconds: lifetimeSeconds as never }),
      ).toThrow(
        expect.objectContaining({
          code: "options_invalid",
          message: expect.stringContaining("lifetimeSeconds"),
        }),
      );
    },
  );
});

describe("options that would not protect", () => {
  test.each([Number.NaN, -1, Number.POSITIVE_INFINITY, "5", null])(
    "%j is refused as a clock tolerance",
    (seconds) => {
      expect(() => withSecret({ clockToleranceSeconds: seconds })).toThrow(
        expect.objectContaining({
          code: "options_invalid",
          message: expect.stringContaining("clockTolerance"),
        }),
      );
    },
  );

  test.each([
    ["HS256", 32],
    ["HS384", 48],
    ["HS512", 64],
  ])("%s needs %i bytes (RFC 7518, section 3.2)", (algorithm, bytes) => {
    const make = (length: number) => () =>
      jwtSessions({ issuer: ISSUER, secret: new Uint8Array(length), algorithms: ["HS256", algorithm] });
    expect(make(bytes)).not.toThrow();
    expect(make(bytes - 1)).toThrow(expect.objectContaining({ code: "options_invalid" }));
  });
});
