import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWTHeaderParameters,
  SignJWT,
} from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clerkSessions } from "../src/dialects/clerk/index.ts";
import { createUserMetadata, memoryStore, type RequestView, type SessionVerifier } from "../src/index.ts";
import { bearer, requestWith } from "./requests.ts";

const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
const jwtKey = await exportSPKI(publicKey);
const jwk = { ...(await exportJWK(publicKey)), kid: "ins_1", alg: "RS256", use: "sig" };

/** A Frontend API, as far as its key set goes. */
let issuer: string;
let asked = 0;
const frontendApi = createServer((request, response) => {
  asked += 1;
  const found = request.url === "/.well-known/jwks.json";
  response.writeHead(found ? 200 : 404).end(JSON.stringify({ keys: [jwk] }));
});
beforeAll(async () => {
  await new Promise<void>((resolve) => frontendApi.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${(frontendApi.address() as AddressInfo).port}`;
});
afterAll(() => frontendApi[Symbol.asyncDispose]());

/** A session token with Clerk's default claims; `undefined` leaves one out. */
const sign = (claims: object = {}, header: Partial<JWTHeaderParameters> = {}, key = privateKey) => {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    azp: "https://app.test",
    exp: now + 60,
    fva: [0, -1],
    iat: now,
    iss: issuer,
    jti: "0123456789",
    nbf: now - 10,
    sid: "sess_1",
    sts: "active",
    sub: "user_1",
    v: 2,
  };
  const protectedHeader = { alg: "RS256", kid: "ins_1", typ: "JWT", cat: "cl_B7d4PD111AAA", ...header };
  return new SignJWT({ ...payload, ...claims })
    .setProtectedHeader(JSON.parse(JSON.stringify(protectedHeader)))
    .sign(key);
};

const userOf = async (verify: SessionVerifier, request: RequestView) => (await verify(request))?.getUserId();
const refused = { code: "token_invalid", status: 401 };

describe.each<[string, () => SessionVerifier]>([
  ["by the issuer's key set", () => clerkSessions({ issuer, authorizedParties: ["https://app.test"] })],
  ["by jwtKey, with no call", () => clerkSessions({ jwtKey, authorizedParties: ["https://app.test"] })],
  ["by both", () => clerkSessions({ issuer, jwtKey, authorizedParties: ["https://app.test"] })],
])("a session token of Clerk's, verified %s", (_, create) => {
  test("names the user and the session", async () => {
    const session = await create()(bearer(await sign()));
    expect([session?.getUserId(), session?.getHandle()]).toEqual(["user_1", "sess_1"]);
    expect(session?.getAccessTokenPayload()).toMatchObject({ azp: "https://app.test", v: 2 });
  });

  test("is refused where its party, type, algorithm or key is another", async () => {
    const verify = create();
    await expect(verify(bearer(await sign({ azp: "https://evil.test" })))).rejects.toMatchObject(refused);
    await expect(verify(bearer(await sign({}, { typ: "at+jwt" })))).rejects.toMatchObject(refused);
    await expect(verify(bearer(await sign({ sub: "mch_1" })))).rejects.toMatchObject(refused);
    const sameForPss = (await importJWK(await exportJWK(privateKey), "PS256")) as CryptoKey;
    await expect(verify(bearer(await sign({}, { alg: "PS256" }, sameForPss)))).rejects.toMatchObject(refused);
    const other = await generateKeyPair("RS256");
    await expect(verify(bearer(await sign({}, {}, other.privateKey)))).rejects.toMatchObject(refused);
  });

  test("may have no party and no type", async () => {
    expect(await userOf(create(), bearer(await sign({ azp: undefined })))).toBe("user_1");
    expect(await userOf(create(), bearer(await sign({}, { typ: undefined as never })))).toBe("user_1");
  });

  test("may be 5 seconds late, no more", async () => {
    const now = Math.floor(Date.now() / 1000);
    expect(await userOf(create(), bearer(await sign({ exp: now - 2 })))).toBe("user_1");
    const late = create()(bearer(await sign({ exp: now - 10 })));
    await expect(late).rejects.toMatchObject({ code: "token_expired" });
  });
});

test("a token in another spelling is refused", async () => {
  const token = await sign();
  for (const spelled of [`${token}==`, token.replace(".", " .")])
    await expect(clerkSessions({ jwtKey })(bearer(spelled))).rejects.toMatchObject(refused);
});

test("the key set is asked for once; a jwtKey asks for none", async () => {
  const before = asked;
  const byIssuer = clerkSessions({ issuer: `${issuer}/`, publishableKey: "pk_test_Y2xlcmsuODAudGVzdCQ=" });
  const byKey = clerkSessions({ issuer, jwtKey });
  for (const sub of ["user_1", "user_2"]) {
    expect(await userOf(byIssuer, bearer(await sign({ sub })))).toBe(sub);
    expect(await userOf(byKey, bearer(await sign({ sub })))).toBe(sub);
  }
  expect(asked - before).toBe(1);
});

test("with an issuer, a token of another one is refused; with a jwtKey alone the key says whose it is", async () => {
  const token = await sign({ iss: "https://other.test" });
  for (const options of [{ issuer }, { issuer, jwtKey }])
    await expect(clerkSessions(options)(bearer(token))).rejects.toMatchObject(refused);
  expect(await userOf(clerkSessions({ jwtKey }), bearer(token))).toBe("user_1");
});

test("a pending session does not count", async () => {
  const metadata = createUserMetadata({ store: memoryStore(), sessions: clerkSessions({ jwtKey }) });
  const request = bearer(await sign({ sts: "pending" }));
  await expect(metadata.verifySession(request)).rejects.toMatchObject({
    code: "session_missing",
    status: 401,
  });
  expect(await metadata.verifySession(request, { required: false })).toBeUndefined();
});

describe("the cookie", () => {
  const publishableKey = "pk_test_Y2xlcmsuODAudGVzdCQ=";
  /** By another implementation: `createHash("sha1").update(key).digest("base64url").slice(0, 8)` in Node. */
  const SUFFIX = "Gut-_QBf";

  test("is __session, and with a publishable key first the one that has its suffix", async () => {
    const [own, other] = [await sign(), await sign({ sub: "user_other" })];
    const cookie = requestWith({ cookie: `__session=${other}; __session_${SUFFIX}=${own}` });
    expect(await userOf(clerkSessions({ jwtKey, publishableKey }), cookie)).toBe("user_1");
    expect(await userOf(clerkSessions({ jwtKey }), cookie)).toBe("user_other");
    const plain = requestWith({ cookie: `__session=${own}` });
    expect(await userOf(clerkSessions({ jwtKey, publishableKey }), plain)).toBe("user_1");
    expect(await clerkSessions({ jwtKey, publishableKey })(requestWith({}))).toBeUndefined();
  });

  test("that is valid counts among several, of one name or of two, in any order", async () => {
    const now = Math.floor(Date.now() / 1000);
    const own = await sign();
    const verify = clerkSessions({ jwtKey, publishableKey });
    for (const stale of [await sign({ exp: now - 60 }), "garbage"])
      for (const [one, other] of [
        [stale, own],
        [own, stale],
      ])
        for (const [first, second] of [
          ["__session", "__session"],
          [`__session_${SUFFIX}`, `__session_${SUFFIX}`],
          ["__session", `__session_${SUFFIX}`],
        ]) {
          const cookie = `${first}=${one}; ${second}=${other}`;
          expect(await userOf(verify, requestWith({ cookie })), cookie).toBe("user_1");
        }
    const none = requestWith({ cookie: `__session=garbage; __session_${SUFFIX}=a.b.c` });
    await expect(verify(none)).rejects.toMatchObject(refused);
  });

  test("needs a same-origin proof for a write; an authorized party is one", async () => {
    const verify = clerkSessions({ jwtKey, authorizedParties: ["https://app.test"] });
    const write = async (origin: string) =>
      userOf(verify, requestWith({ cookie: `__session=${await sign()}`, host: "api.test", origin }, "POST"));
    expect(await write("https://app.test")).toBe("user_1");
    await expect(write("https://evil.test")).rejects.toMatchObject({ code: "origin_refused" });
  });
});

test("a jwtKey from an environment variable, with \\n for its line breaks", async () => {
  const verify = clerkSessions({ jwtKey: jwtKey.trim().replaceAll("\n", "\\n") });
  expect(await userOf(verify, bearer(await sign()))).toBe("user_1");
});

test("options that would not protect are refused", async () => {
  for (const [options, message] of [
    [{}, /issuer/],
    [{ issuer: "clerk.test" }, /is not a URL/],
    [{ jwtKey: "sk_test_x" }, /PEM/],
  ] as const)
    expect(() => clerkSessions(options)).toThrow(
      expect.objectContaining({ code: "options_invalid", message: expect.stringMatching(message) }),
    );
  const { publicKey: curve } = await generateKeyPair("ES256", { extractable: true });
  const wrong = clerkSessions({ jwtKey: await exportSPKI(curve) });
  await expect(wrong(bearer(await sign()))).rejects.toMatchObject({ code: "options_invalid" });
});
