import { createUserMetadata, memoryStore } from "@usermeta/core";
import { getSession, verifySession } from "@usermeta/express";
import {
  revokeAllSessionsForUser,
  type SessionClaimValidator,
  type SessionContainer,
} from "supertokens-node/recipe/session";
import { PrimitiveClaim } from "supertokens-node/recipe/session/claims";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { sessionOverride, superTokensSessions } from "../src/index.ts";
import {
  call,
  engineWith,
  headersOf,
  type Mode,
  refresh,
  signIn,
  startApp,
  startTokens,
  tokensOf,
} from "./harness.ts";

const { signatures } = await vi.hoisted(() => import("./signatures.ts"));

/** What the app decides anew for each request. */
const app: {
  transfer: "any" | "header" | "cookie";
  validators: SessionClaimValidator[];
  ours: SessionClaimValidator[];
} = { transfer: "any", validators: [], ours: [] };

beforeEach(() => {
  Object.assign(app, { transfer: "any", validators: [], ours: [] });
});

await startTokens({
  antiCsrf: "VIA_TOKEN",
  getTokenTransferMethod: ({ forCreateNewSession, req }) =>
    forCreateNewSession ? (req.getHeaderValue("st-auth-mode") as Mode) : app.transfer,
  override: {
    functions: (original, builder) => {
      builder.override((implementation) => ({
        ...implementation,
        getGlobalClaimValidators: async ({ claimValidatorsAddedByOtherRecipes }) => [
          ...claimValidatorsAddedByOtherRecipes,
          ...app.validators,
        ],
      }));
      return sessionOverride(createUserMetadata({ store: memoryStore() }))(original, builder);
    },
  },
});

const shown: SessionContainer[] = [];
const metadata = engineWith(superTokensSessions());
const url = await startApp(metadata, (express) => {
  express.all("/spoil", verifySession(metadata), async (request, response) => {
    const session = getSession(request) as SessionContainer & { note?: string };
    shown.push(session);
    const payload = session.getAccessTokenPayload();
    response.json({ payload, note: session.note, sent: session.getAllSessionTokensDangerously() });
    Object.assign(payload, { sub: "mallory", shoe: 100 });
    payload.deep.list.push("spoilt");
    session.note = "of another request";
  });
  express.post("/merge", verifySession(metadata), async (request, response) => {
    await (getSession(request) as SessionContainer).mergeIntoAccessTokenPayload({ shoe: 10, deep: null });
    response.json({});
  });
  express.post("/sign-out", verifySession(metadata), async (request, response) => {
    await (getSession(request) as SessionContainer).revokeSession();
    response.json({});
  });
});
const checkedUrl = await startApp(engineWith(superTokensSessions({ checkDatabase: true })));
const overridingUrl = await startApp(
  engineWith(
    superTokensSessions({ overrideGlobalClaimValidators: (validators) => [...validators, ...app.ours] }),
  ),
);

const laterBy = (ms: number): void => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
  onTestFinished(() => void vi.useRealTimers());
};

const TRY_REFRESH = { message: "try refresh token" };
const refusing: SessionClaimValidator = { id: "no", validate: async () => ({ isValid: false }) };

/** A session whose token the guard has seen: what follows finds it kept. */
const keptSession = async (mode: Mode, userId = "jane") => {
  const tokens = await signIn(url, mode, new URLSearchParams({ userId }).toString());
  for (const each of [url, overridingUrl]) expect((await call(`${each}/own`, { tokens })).status).toBe(200);
  return tokens;
};

describe.each(["header", "cookie"] as const)("a token by %s that was verified", (mode) => {
  test("is not verified again", async () => {
    const tokens = await keptSession(mode);
    const before = signatures.verified;
    for (const method of ["GET", "POST", "HEAD"])
      expect((await call(`${url}/own`, { method, tokens })).status).toBe(200);
    expect(await call(`${url}/own`, { tokens })).toMatchObject({
      body: { userId: "jane", payload: { shoe: 9 } },
    });
    expect(signatures.verified).toBe(before);
    const other = await signIn(url, mode, "userId=john");
    expect((await call(`${url}/own`, { tokens: other })).body).toMatchObject({ userId: "john" });
    expect(signatures.verified).toBe(before + 1);
  });

  test("is refused once it has expired", async () => {
    const tokens = await keptSession(mode);
    laterBy(3_600_000);
    expect(await call(`${url}/own`, { tokens })).toMatchObject({ status: 401, body: TRY_REFRESH });
  });

  test("gives each request a container of its own", async () => {
    const tokens = await keptSession(mode);
    const first = await call(`${url}/spoil`, { method: "POST", tokens });
    expect(first.body).toMatchObject({ payload: { sub: "jane", shoe: 9, deep: { list: ["a"] } } });
    for (const _ of [1, 2]) {
      const { body } = await call(`${url}/spoil`, { method: "POST", tokens });
      expect(body).toEqual(first.body);
    }
    const [one, two] = shown.slice(-2);
    expect(one).not.toBe(two);
    expect(Object.getPrototypeOf(one)).toBe(Object.getPrototypeOf(two));
  });

  test("what a handler merges is in its own token alone", async () => {
    const tokens = await keptSession(mode);
    const { response } = await call(`${url}/merge`, { method: "POST", tokens });
    const merged = tokensOf(response, mode, tokens);
    expect(merged.access).not.toBe(tokens.access);
    expect(response.headers.get("front-token")).toMatch(/^ey/);
    expect((await call(`${url}/own`, { tokens: merged })).body).toMatchObject({ payload: { shoe: 10 } });
    expect((await call(`${url}/own`, { tokens })).body).toMatchObject({ payload: { shoe: 9 } });
  });

  test("a handler signs out, and what the frontend has is cleared", async () => {
    const tokens = await keptSession(mode);
    const { response } = await call(`${url}/sign-out`, { method: "POST", tokens });
    expect(response.headers.get("front-token")).toBe("remove");
    expect(tokensOf(response, mode, tokens).access).toBe("");
  });

  test("is refused beside the cookie of a legacy session", async () => {
    const tokens = await keptSession(mode);
    const { cookie, ...rest } = headersOf(tokens);
    const headers = { ...rest, cookie: [cookie, "sIdRefreshToken=x"].filter(Boolean).join("; ") };
    expect(await call(`${url}/own`, { headers })).toMatchObject({ status: 401, body: TRY_REFRESH });
  });

  test("is refused where the app takes tokens from the other place alone", async () => {
    const tokens = await keptSession(mode);
    app.transfer = mode === "header" ? "cookie" : "header";
    expect((await call(`${url}/own`, { tokens })).status).toBe(401);
    app.transfer = mode;
    expect((await call(`${url}/own`, { tokens })).status).toBe(200);
  });

  test("asks the claim validators for each request", async () => {
    const tokens = await keptSession(mode);
    for (const [list, where] of [
      ["validators", url],
      ["validators", overridingUrl],
      ["ours", overridingUrl],
    ] as const) {
      app[list] = [refusing];
      expect(await call(`${where}/own`, { tokens })).toMatchObject({
        status: 403,
        body: { message: "invalid claim", claimValidationErrors: [{ id: "no" }] },
      });
      app[list] = [];
      expect((await call(`${where}/own`, { tokens })).status).toBe(200);
    }
  });

  test("a claim that a validator fetches goes out with the answer, each time", async () => {
    const tokens = await keptSession(mode);
    let value = 0;
    const claim = new PrimitiveClaim<number>({ key: "count", fetchValue: () => ++value });
    app.validators = [
      {
        id: "count",
        claim,
        shouldRefetch: (payload, context) => claim.getValueFromPayload(payload, context) === undefined,
        validate: async (payload, context) => ({
          isValid: claim.getValueFromPayload(payload, context) === value,
        }),
      },
    ];
    for (const expected of [1, 2]) {
      const { status, body, response } = await call(`${url}/own`, { tokens });
      expect([status, body]).toMatchObject([200, { payload: { count: { v: expected } } }]);
      expect(tokensOf(response, mode, tokens).access).not.toBe(tokens.access);
    }
  });

  test("of a session that was revoked is refused at once where checkDatabase is on", async () => {
    const tokens = await keptSession(mode, `revoked-${mode}`);
    expect((await call(`${checkedUrl}/own`, { tokens })).status).toBe(200);
    await revokeAllSessionsForUser(`revoked-${mode}`);
    expect((await call(`${checkedUrl}/own`, { tokens })).status).toBe(401);
    expect((await call(`${url}/own`, { tokens })).status).toBe(200);
  });

  test("the first token after a refresh is exchanged by the core, however often it comes", async () => {
    const before = await keptSession(mode);
    const after = tokensOf(await refresh(url, before), mode, before);
    for (const _ of [1, 2]) {
      const { status, response } = await call(`${url}/own`, { tokens: after });
      expect([status, response.headers.get("front-token")]).toEqual([200, expect.stringMatching(/^ey/)]);
    }
  });

  test("a refresh token that was stolen ends the session, as the core says", async () => {
    const before = await keptSession(mode);
    const after = tokensOf(await refresh(url, before), mode, before);
    expect((await call(`${checkedUrl}/own`, { tokens: after })).status).toBe(200);
    const theft = await refresh(url, before);
    expect([theft.status, await theft.json()]).toEqual([401, { message: "token theft detected" }]);
    expect((await call(`${url}/own`, { tokens: after })).status).toBe(401);
  });

  test("is of its own tenant", async () => {
    const [acme, other] = [
      await signIn(url, mode, "userId=jane&tenantId=acme"),
      await signIn(url, mode, "userId=jane&tenantId=other"),
    ];
    for (const _ of [1, 2])
      for (const [tenantId, tokens] of [
        ["acme", acme],
        ["other", other],
      ] as const)
        expect((await call(`${url}/own`, { tokens })).body).toMatchObject({ userId: "jane", tenantId });
  });
});

describe("a cookie that was verified", () => {
  test("writes with its own anti-CSRF token alone", async () => {
    const [jane, john] = [await keptSession("cookie", "jane"), await keptSession("cookie", "john")];
    for (const antiCsrf of [undefined, "", "00000000-0000-4000-8000-000000000000", john.antiCsrf])
      expect(await call(`${url}/own`, { method: "POST", tokens: { ...jane, antiCsrf } })).toMatchObject({
        status: 401,
        body: TRY_REFRESH,
      });
    expect((await call(`${url}/own`, { method: "POST", tokens: jane })).status).toBe(200);
    const before = signatures.verified;
    expect((await call(`${url}/own`, { method: "POST", tokens: jane })).status).toBe(200);
    expect(signatures.verified).toBe(before);
  });

  test("needs its proof on a read too if antiCsrfCheck is on, and not on a write if it is off", async () => {
    const strict = await startApp(engineWith(superTokensSessions({ antiCsrfCheck: true })));
    const lax = await startApp(engineWith(superTokensSessions({ antiCsrfCheck: false })));
    const tokens = await keptSession("cookie");
    const without = { ...tokens, antiCsrf: undefined };
    for (const _ of [1, 2]) {
      expect((await call(`${strict}/own`, { tokens })).status).toBe(200);
      expect((await call(`${strict}/own`, { tokens: without })).status).toBe(401);
      expect((await call(`${lax}/own`, { method: "POST", tokens: without })).status).toBe(200);
    }
  });

  test("the container has the proof of its own request", async () => {
    const tokens = await keptSession("cookie");
    const read = (antiCsrf: string | undefined) => call(`${url}/spoil`, { tokens: { ...tokens, antiCsrf } });
    const written = await call(`${url}/spoil`, { method: "POST", tokens });
    expect(written.body.sent).toMatchObject({ antiCsrfToken: tokens.antiCsrf });
    expect((await read(undefined)).body.sent).not.toHaveProperty("antiCsrfToken");
    expect((await read("anything")).body.sent).toMatchObject({ antiCsrfToken: "anything" });
  });

  test("does not count before another one that is valid", async () => {
    const [jane, john] = [await keptSession("cookie", "jane"), await keptSession("cookie", "john")];
    const cookie = `sAccessToken=${john.access}; sAccessToken=${jane.access}`;
    expect((await call(`${url}/own`, { headers: { cookie } })).body).toMatchObject({ userId: "john" });
  });

  test("a cookie that only looks as if it had the name does not count", async () => {
    const { access } = await keptSession("cookie");
    for (const cookie of [
      `x-sAccessToken=${access}`,
      `x=sAccessToken=${access}`,
      `\u00a0sAccessToken=${access}`,
    ])
      expect((await call(`${url}/own`, { headers: { cookie } })).status, cookie).toBe(401);
  });
});

describe("what was sent for a token that was verified", () => {
  test("is not a token in another place", async () => {
    const { access } = await keptSession("header");
    const cookie = `sAccessToken=${encodeURIComponent(`Bearer ${access}`)}`;
    expect((await call(`${url}/own`, { headers: { cookie } })).status).toBe(401);
    const bare = await keptSession("cookie");
    expect((await call(`${url}/own`, { headers: { authorization: bare.access } })).status).toBe(401);
  });

  test("is compared as a whole", async () => {
    const [jane, john] = [await keptSession("header", "jane"), await keptSession("header", "john")];
    const [, , signature] = jane.access.split(".");
    const forged = [...john.access.split(".").slice(0, 2), signature].join(".");
    expect((await call(`${url}/own`, { tokens: { ...jane, access: forged } })).status).toBe(401);
  });
});
