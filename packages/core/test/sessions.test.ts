import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  createUserMetadata,
  jwtSessions,
  memoryStore,
  type Session,
  type SessionVerifier,
  tokenIssuer,
  UserMetadataError,
} from "../src/index.ts";
import { bearer, requestWith } from "./requests.ts";

const ISSUER = "https://issuer.test";

const engineWith = (...sessions: SessionVerifier[]) => createUserMetadata({ store: memoryStore(), sessions });

afterEach(() => {
  vi.useRealTimers();
});

describe("a session of a token", () => {
  const issuer = tokenIssuer({ issuer: ISSUER, audience: "app", lifetimeSeconds: 60 });
  const sessions = jwtSessions({ issuer: ISSUER, audience: "app", keys: issuer.jwks });

  test("names the user, the tenant, the handle and the payload", async () => {
    const metadata = createUserMetadata({ store: memoryStore(), issuer, sessions });
    const session = await metadata.verifySession(
      bearer(await metadata.issueToken("jane", { tenantId: "acme", handle: "h1" })),
    );
    expect([session.getUserId(), session.getTenantId(), session.getHandle()]).toEqual(["jane", "acme", "h1"]);
    expect(session.getAccessTokenPayload()).toMatchObject({
      sub: "jane",
      iss: ISSUER,
      aud: "app",
      metadataVersion: 0,
    });
    expect(() => Object.assign(session.getAccessTokenPayload(), { sub: "joe" })).toThrow(TypeError);
  });

  test("is kept until its token expires, and no longer", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const token = await issuer.sign("jane");
    const first = await sessions(bearer(token));
    expect(sessions(bearer(token))).toBe(first);
    vi.setSystemTime(Date.now() + 60_000);
    // Within the clock tolerance it is verified anew, not taken from the cache.
    expect(await sessions(bearer(token))).not.toBe(first);
    vi.setSystemTime(Date.now() + 6_000);
    await expect(sessions(bearer(token))).rejects.toMatchObject({ code: "token_expired" });
  });

  test("a token that differs in one character is another token", async () => {
    const token = await issuer.sign("jane");
    await sessions(bearer(token));
    const [header, payload, signature = ""] = token.split(".");
    const forged = [header, payload, (signature[0] === "A" ? "B" : "A") + signature.slice(1)].join(".");
    await expect(sessions(bearer(forged))).rejects.toMatchObject({ code: "token_invalid", status: 401 });
  });
});

describe("several verifiers", () => {
  const issuers = ["https://a.test", "https://b.test"].map((issuer) =>
    tokenIssuer({ issuer, audience: "app" }),
  );
  const [first, second] = issuers.map((issuer, index) =>
    jwtSessions({ issuer: `https://${"ab"[index]}.test`, audience: "app", keys: issuer.jwks }),
  ) as [ReturnType<typeof jwtSessions>, ReturnType<typeof jwtSessions>];

  test("the first session counts, and if there is none the first failure", async () => {
    const metadata = engineWith(first, second);
    const token = (await issuers[1]?.sign("jane")) as string;
    expect((await metadata.verifySession(bearer(token))).getUserId()).toBe("jane");
    await expect(metadata.verifySession(bearer("x.y.z"))).rejects.toMatchObject({ code: "token_invalid" });
    await expect(metadata.verifySession(requestWith({}))).rejects.toMatchObject({ code: "session_missing" });
    expect(await metadata.verifySession(requestWith({}), { required: false })).toBeUndefined();
    await expect(metadata.verifySession(bearer("x.y.z"), { required: false })).rejects.toMatchObject({
      code: "token_invalid",
    });
  });

  test("without a verifier credentials are not called missing: it is the server that accepts no sessions", async () => {
    const { verifySession } = engineWith();
    for (const request of [bearer("x.y.z"), requestWith({ cookie: "session=x" })]) {
      await expect(verifySession(request)).rejects.toMatchObject({
        code: "sessions_unconfigured",
        status: 401,
        message: expect.stringContaining("option sessions"),
      });
      expect(await verifySession(request, { required: false })).toBeUndefined();
    }
    await expect(verifySession(requestWith({}))).rejects.toMatchObject({ code: "session_missing" });
  });
});

describe("a verifier that says in words of its own that there are no credentials", () => {
  const issuer = tokenIssuer({ issuer: ISSUER, audience: "app" });
  const sessions = jwtSessions({ issuer: ISSUER, audience: "app", keys: issuer.jwks });
  const body = { message: "unauthorised" };
  const absent: SessionVerifier = () => {
    throw new UserMetadataError("session_missing", "No cookie of mine.", { body });
  };

  test("is quoted if a session is required, and lets through if none is", async () => {
    for (const metadata of [engineWith(absent), engineWith(absent, sessions), engineWith(sessions, absent)]) {
      await expect(metadata.verifySession(requestWith({}))).rejects.toMatchObject({
        code: "session_missing",
        message: "No cookie of mine.",
        body,
      });
      expect(await metadata.verifySession(requestWith({}), { required: false })).toBeUndefined();
    }
  });

  test("hinders no other verifier: neither its session nor its refusal", async () => {
    const metadata = engineWith(absent, sessions);
    expect((await metadata.verifySession(bearer(await issuer.sign("jane")))).getUserId()).toBe("jane");
    for (const required of [true, false]) {
      await expect(metadata.verifySession(bearer("x.y.z"), { required })).rejects.toMatchObject({
        code: "token_invalid",
      });
    }
  });

  test("the first of several such is quoted", async () => {
    const other: SessionVerifier = () => {
      throw new UserMetadataError("session_missing", "Nor mine.");
    };
    await expect(engineWith(other, absent).verifySession(requestWith({}))).rejects.toMatchObject({
      message: "Nor mine.",
    });
  });
});

describe("fresh", () => {
  const setUp = () => {
    const issuer = tokenIssuer({ issuer: ISSUER, audience: "app" });
    const sessions = jwtSessions({ issuer: ISSUER, audience: "app", keys: issuer.jwks });
    const metadata = createUserMetadata({ store: memoryStore(), issuer, sessions });
    const ask = (token: string) => metadata.verifySession(bearer(token), { fresh: true });
    return { metadata, issuer, ask };
  };
  const stale = { code: "token_stale", status: 401, message: expect.stringMatching(/older.*Refresh it/) };

  test("a token is refused from the next write of its claims on, and accepted if nobody asks", async () => {
    const { metadata, ask } = setUp();
    const first = await metadata.issueToken("jane");
    expect((await ask(first)).getUserId()).toBe("jane");
    await metadata.updateUserMetadata("jane", { publicMetadata: { plan: "pro" }, claims: ["plan"] });
    await expect(ask(first)).rejects.toMatchObject(stale);
    expect((await metadata.verifySession(bearer(first))).getUserId()).toBe("jane");
    const second = await metadata.issueToken("jane");
    expect((await ask(second)).getUserId()).toBe("jane");
    await metadata.updateUserMetadata("joe", { publicMetadata: { plan: "pro" }, claims: ["plan"] });
    expect((await ask(second)).getUserId()).toBe("jane");
  });

  test("a write of what is in no token leaves the user's token as it is", async () => {
    const { metadata, ask } = setUp();
    await metadata.updateUserMetadata("jane", { publicMetadata: { plan: "pro" }, claims: ["plan"] });
    const token = await metadata.issueToken("jane");
    const writes = [
      { unsafeMetadata: { theme: "dark" } },
      { privateMetadata: { stripeId: "cus_1" } },
      { publicMetadata: { plan: "pro", seats: 5 } },
    ];
    for (const write of writes) await metadata.updateUserMetadata("jane", write);
    expect((await ask(token)).getUserId()).toBe("jane");
    await metadata.updateUserMetadata("jane", { claims: ["plan", "seats"] });
    await expect(ask(token)).rejects.toMatchObject(stale);
  });

  test("a token of metadata that was cleared, or made again, is stale too", async () => {
    const { metadata, ask } = setUp();
    const pro = { publicMetadata: { plan: "pro" }, claims: ["plan"] };
    await metadata.updateUserMetadata("jane", pro);
    const token = await metadata.issueToken("jane");
    await metadata.clearUserMetadata("jane");
    await expect(ask(token)).rejects.toMatchObject(stale);
    await metadata.updateUserMetadata("jane", pro);
    await expect(ask(token)).rejects.toMatchObject(stale);
  });

  test("a token that names no version is refused with what to put into it, also of a user without metadata", async () => {
    const { issuer, ask } = setUp();
    await expect(ask(await issuer.sign("jane"))).rejects.toMatchObject({
      code: "token_stale",
      message: expect.stringMatching(/no metadataVersion.*metadata\.claims/),
    });
  });

  test("an anonymous request stays what it is, a bad token too", async () => {
    const { metadata } = setUp();
    const optional = { required: false, fresh: true };
    expect(await metadata.verifySession(requestWith({}), optional)).toBeUndefined();
    await expect(metadata.verifySession(bearer("x.y.z"), optional)).rejects.toMatchObject({
      code: "token_invalid",
    });
    await expect(metadata.verifySession(requestWith({}), { fresh: true })).rejects.toMatchObject({
      code: "session_missing",
    });
  });

  test("if the version cannot be read, the token is neither accepted nor refused", async () => {
    const { issuer } = setUp();
    const sessions = jwtSessions({ issuer: ISSUER, audience: "app", keys: issuer.jwks });
    const store = { ...memoryStore(), read: () => Promise.reject(new Error("disk on fire")) };
    const failing = createUserMetadata({ store, sessions });
    const token = await issuer.sign("jane", { metadataVersion: 0 });
    await expect(failing.verifySession(bearer(token), { fresh: true })).rejects.toMatchObject({
      code: "store_unavailable",
      expose: false,
    });
  });
});

describe("keys", () => {
  const serveJwks = async (answer: () => { status: number; body: unknown }) => {
    let requests = 0;
    const server = createServer((_, response) => {
      requests += 1;
      const { status, body } = answer();
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return {
      jwksUri: `http://127.0.0.1:${port}/jwks`,
      requests: () => requests,
      close: () => new Promise((resolve) => server.close(resolve)),
    };
  };

  test("by URL are fetched once, and not again for each unknown kid", async () => {
    const issuer = tokenIssuer({ issuer: ISSUER, audience: "app" });
    const published = await issuer.jwks();
    const { jwksUri, requests, close } = await serveJwks(() => ({ status: 200, body: published }));
    const sessions = jwtSessions({ issuer: ISSUER, audience: "app", jwksUri });
    for (const user of ["jane", "joe"]) {
      expect((await sessions(bearer(await issuer.sign(user))))?.getUserId()).toBe(user);
    }
    await issuer.rotate();
    for (let index = 0; index < 5; index += 1) {
      await expect(sessions(bearer(await issuer.sign("jane")))).rejects.toMatchObject({
        code: "token_invalid",
      });
    }
    expect(requests()).toBe(1);
    await close();
  });

  test("that cannot be fetched are the server's failure, not the caller's", async () => {
    const { jwksUri, close } = await serveJwks(() => ({ status: 500, body: {} }));
    const token = await tokenIssuer({ issuer: ISSUER, audience: "app" }).sign("jane");
    const unavailable = { code: "jwks_unavailable", status: 503, expose: false };
    const sessions = jwtSessions({ issuer: ISSUER, audience: "app", jwksUri });
    await expect(sessions(bearer(token))).rejects.toMatchObject(unavailable);
    await close();
    await expect(
      jwtSessions({ issuer: ISSUER, audience: "app", jwksUri })(bearer(token)),
    ).rejects.toMatchObject(unavailable);
  });

  test("rotate: new tokens have the new key, old ones are accepted until they expire", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const issuer = tokenIssuer({ issuer: ISSUER, audience: "app", lifetimeSeconds: 60 });
    const sessions = jwtSessions({ issuer: ISSUER, audience: "app", keys: issuer.jwks });
    const old = await issuer.sign("jane");
    const [oldKey] = (await issuer.jwks()).keys;
    await issuer.rotate();
    const fresh = await issuer.sign("jane");
    expect((await sessions(bearer(old)))?.getUserId()).toBe("jane");
    expect((await sessions(bearer(fresh)))?.getUserId()).toBe("jane");
    expect((await issuer.jwks()).keys).toHaveLength(2);
    vi.setSystemTime(Date.now() + 60_000);
    expect((await issuer.jwks()).keys).toHaveLength(1);
    expect((await issuer.jwks()).keys).not.toContainEqual(oldKey);
  });

  test("of the app's own sign and are published without their private part", async () => {
    const own = await exportJWK((await generateKeyPair("ES256", { extractable: true })).privateKey);
    const retired = await exportJWK((await generateKeyPair("ES256", { extractable: true })).privateKey);
    const issuer = tokenIssuer({ issuer: ISSUER, audience: "app", keys: [{ ...own, kid: "mine" }, retired] });
    const { keys } = await issuer.jwks();
    expect(keys[0]).toMatchObject({ kid: "mine", alg: "ES256", use: "sig" });
    expect(keys.map(({ d }) => d)).toEqual([undefined, undefined]);
    const sessions = jwtSessions({ issuer: ISSUER, audience: "app", keys: { keys } });
    expect((await sessions(bearer(await issuer.sign("jane"))))?.getUserId()).toBe("jane");
  });

  test("that are not private are refused when used", async () => {
    const { keys } = await tokenIssuer({ issuer: ISSUER, audience: "app" }).jwks();
    await expect(tokenIssuer({ issuer: ISSUER, audience: "app", keys }).sign("jane")).rejects.toMatchObject({
      code: "options_invalid",
    });
  });

  test("a shared secret goes with HS256 alone", async () => {
    const secret = crypto.getRandomValues(new Uint8Array(32));
    const sign = (algorithm: string) =>
      new SignJWT()
        .setProtectedHeader({ alg: algorithm })
        .setIssuer(ISSUER)
        .setSubject("jane")
        .setExpirationTime("1m")
        .sign(secret);
    const sessions = jwtSessions({ issuer: ISSUER, secret });
    expect(((await sessions(bearer(await sign("HS256")))) as Session).getUserId()).toBe("jane");
    await expect(sessions(bearer(await sign("HS512")))).rejects.toMatchObject({ code: "token_invalid" });
  });
});

describe("audience and authorized parties", () => {
  const issuer = tokenIssuer({ issuer: ISSUER, audience: "app" });

  test("a token that names an audience is refused if none is configured", async () => {
    const sessions = jwtSessions({ issuer: ISSUER, keys: issuer.jwks });
    await expect(sessions(bearer(await issuer.sign("jane")))).rejects.toMatchObject({
      code: "token_invalid",
      message: expect.stringMatching(/audience/),
    });
  });

  test("azp must be among the authorized parties if the token has one", async () => {
    const sessions = jwtSessions({
      issuer: ISSUER,
      audience: "app",
      keys: issuer.jwks,
      authorizedParties: ["https://app.test"],
    });
    const withAzp = async (azp: string) => sessions(bearer(await issuer.sign("jane", { azp })));
    expect((await withAzp("https://app.test"))?.getUserId()).toBe("jane");
    await expect(withAzp("https://evil.test")).rejects.toMatchObject({ code: "token_invalid" });
  });
});

describe("options that would not protect are refused at construction", () => {
  const keys = { keys: [] };
  test.each([
    [{ issuer: ISSUER }, /exactly one of/],
    [{ issuer: ISSUER, keys, jwksUri: "https://x.test" }, /exactly one of/],
    [{ issuer: "", keys }, /issuer/],
    [{ issuer: ISSUER, keys, algorithms: ["HS256"] }, /algorithms/],
    [{ issuer: ISSUER, keys, algorithms: ["none"] }, /algorithms/],
    [{ issuer: ISSUER, keys, algorithms: [] }, /algorithms/],
    [{ issuer: ISSUER, secret: new Uint8Array(32), algorithms: ["RS256"] }, /algorithms/],
    [{ issuer: ISSUER, secret: new Uint8Array(16) }, /16 bytes; HS256 needs 32/],
  ])("%j", (options, message) => {
    expect(() => jwtSessions(options as never)).toThrow(
      expect.objectContaining({ code: "options_invalid", message: expect.stringMatching(message) }),
    );
  });
});
