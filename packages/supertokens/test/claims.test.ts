import { createUserMetadata, jwtSessions, memoryStore, tokenIssuer } from "@usermeta/core";
import { getSession, verifySession } from "@usermeta/express";
import { convertToRecipeUserId } from "supertokens-node";
import {
  createNewSessionWithoutRequestResponse,
  type SessionClaimValidator,
} from "supertokens-node/recipe/session";
import { describe, expect, test } from "vitest";
import {
  isSuperTokensSession,
  metadataClaim,
  refreshSessionClaims,
  sessionOverride,
  superTokensSessions,
} from "../src/index.ts";
import { call, type Mode, refresh, signIn, startApp, startTokens, type Tokens, tokensOf } from "./harness.ts";

const store = memoryStore();
const claims = { template: { role: "{{public.role}}" } };
const metadata = createUserMetadata({ store, claims, sessions: superTokensSessions() });
const plan = metadataClaim(metadata, "plan");

let regenerated = 0;
await startTokens({
  override: {
    functions: (original, builder) => {
      // An override of the app's own, below ours.
      builder.override((implementation) => ({
        ...implementation,
        regenerateAccessToken: (input) => {
          regenerated += 1;
          return implementation.regenerateAccessToken(input);
        },
      }));
      return sessionOverride(metadata)(original);
    },
  },
});

const url = await startApp(metadata, (app) => {
  app.post("/upgrade", verifySession(metadata), async (request, response) => {
    const session = getSession(request);
    await metadata.updateUserMetadata(session.getUserId(), { publicMetadata: { plan: "enterprise" } });
    await refreshSessionClaims(session, metadata);
    response.json({});
  });
  app.get("/claim", verifySession(metadata), async (request, response) => {
    const session = getSession(request);
    if (!isSuperTokensSession(session)) throw new Error("not a session of supertokens-node");
    response.json({ plan: (await session.getClaimValue(plan)) ?? null });
  });
  app.post("/fetch-claim", verifySession(metadata), async (request, response) => {
    const session = getSession(request);
    if (!isSuperTokensSession(session)) throw new Error("not a session of supertokens-node");
    await session.fetchAndSetClaim(plan);
    response.json({ plan: (await session.getClaimValue(plan)) ?? null });
  });
});

/** An app whose routes one more validator guards. */
const guarded = (validator: SessionClaimValidator): Promise<string> =>
  startApp(
    createUserMetadata({
      store,
      claims,
      sessions: superTokensSessions({
        overrideGlobalClaimValidators: (validators) => [...validators, validator],
      }),
    }),
  );

const payloadOf = async (tokens: Tokens): Promise<Record<string, unknown>> =>
  (await call(`${url}/own`, { tokens })).body.payload as Record<string, unknown>;

let users = 0;
/** A user who has a plan, flagged as a claim. */
const userWith = async (plan: string): Promise<string> => {
  users += 1;
  const userId = `user-${users}`;
  await metadata.updateUserMetadata(userId, { publicMetadata: { plan, secret: 1 }, claims: ["plan"] });
  return userId;
};

const refreshed = async (tokens: Tokens): Promise<Tokens> =>
  tokensOf(await refresh(url, tokens), tokens.mode, tokens);

describe.each(["header", "cookie"] as const)("tokens by %s", (mode: Mode) => {
  test("a new session carries the flagged keys and the version, beside the app's own claims", async () => {
    const userId = await userWith("pro");
    const { version } = await metadata.getUserMetadata(userId);
    const payload = await payloadOf(await signIn(url, mode, `userId=${userId}`));
    expect(payload).toMatchObject({ sub: userId, shoe: 9, metadata_plan: "pro", metadataVersion: version });
    expect(Object.keys(payload)).not.toContain("role");
    expect(JSON.stringify(payload)).not.toContain("secret");
  });

  test("after a write the token is told from a fresh one, and a refresh carries the new value", async () => {
    const userId = await userWith("pro");
    const before = await signIn(url, mode, `userId=${userId}`);
    expect((await call(`${url}/fresh`, { tokens: before })).status).toBe(200);

    await metadata.updateUserMetadata(userId, { publicMetadata: { plan: "free", role: "admin" } });
    expect(await call(`${url}/fresh`, { tokens: before })).toMatchObject({
      status: 401,
      body: { code: "token_stale" },
    });
    expect(await payloadOf(before)).toMatchObject({ metadata_plan: "pro" });

    const after = await refreshed(before);
    const { version } = await metadata.getUserMetadata(userId);
    const { status, body } = await call(`${url}/fresh`, { tokens: after });
    expect([status, body.payload]).toMatchObject([
      200,
      { shoe: 9, metadata_plan: "free", role: "admin", metadataVersion: version },
    ]);
  });

  test("removed metadata leaves the token at the next refresh, and the app's own claims stay", async () => {
    const userId = await userWith("pro");
    await metadata.updateUserMetadata(userId, { publicMetadata: { role: "admin" } });
    const before = await signIn(url, mode, `userId=${userId}`);
    expect(await payloadOf(before)).toMatchObject({ metadata_plan: "pro", role: "admin" });
    await metadata.clearUserMetadata(userId);
    const payload = await payloadOf(await refreshed(before));
    expect(payload).toMatchObject({ sub: userId, shoe: 9, metadataVersion: 0 });
    expect(Object.keys(payload)).not.toContain("metadata_plan");
    expect(Object.keys(payload)).not.toContain("role");
  });

  test("a handler that writes renews the token with its answer", async () => {
    const userId = await userWith("pro");
    const before = await signIn(url, mode, `userId=${userId}`);
    const { status, response } = await call(`${url}/upgrade`, { method: "POST", tokens: before });
    const after = tokensOf(response, mode, before);
    expect([status, after.access === before.access]).toEqual([200, false]);
    expect(await call(`${url}/fresh`, { tokens: after })).toMatchObject({
      status: 200,
      body: { payload: { metadata_plan: "enterprise" } },
    });
  });
});

test("the core is not asked for another token if nothing has changed", async () => {
  const tokens = await signIn(url, "header", `userId=${await userWith("pro")}`);
  const before = regenerated;
  const after = await refreshed(tokens);
  expect(regenerated - before).toBe(0);
  expect((await call(`${url}/fresh`, { tokens: after })).status).toBe(200);
});

test("a session made without a request carries the claims too", async () => {
  const userId = await userWith("pro");
  const session = await createNewSessionWithoutRequestResponse("public", convertToRecipeUserId(userId), {
    a: 1,
  });
  expect(session.getAccessTokenPayload()).toMatchObject({ a: 1, metadata_plan: "pro" });
  await metadata.updateUserMetadata(userId, { publicMetadata: { plan: "free" } });
  await refreshSessionClaims(session, metadata);
  expect(session.getAccessTokenPayload()).toMatchObject({ a: 1, metadata_plan: "free" });
});

describe("metadataClaim", () => {
  const signedIn = async (plan = "pro"): Promise<[string, Tokens]> => {
    const userId = await userWith(plan);
    return [userId, await signIn(url, "header", `userId=${userId}`)];
  };

  test("reads its value from the token", async () => {
    const [, tokens] = await signedIn();
    expect((await call(`${url}/claim`, { tokens })).body).toEqual({ plan: "pro" });
    const without = await signIn(url, "header", "userId=without");
    expect((await call(`${url}/claim`, { tokens: without })).body).toEqual({ plan: null });
  });

  test("fetchAndSetClaim brings a changed value, and takes a removed one out", async () => {
    const [userId, tokens] = await signedIn();
    await metadata.updateUserMetadata(userId, { publicMetadata: { plan: "free" } });
    const changed = await call(`${url}/fetch-claim`, { method: "POST", tokens });
    expect(changed.body).toEqual({ plan: "free" });
    await metadata.updateUserMetadata(userId, { publicMetadata: { plan: null } });
    const removed = await call(`${url}/fetch-claim`, { method: "POST", tokens });
    expect(removed.body).toEqual({ plan: null });
    const payload = await payloadOf(tokensOf(removed.response, "header", tokens));
    expect(Object.keys(payload)).not.toContain("metadata_plan");
  });

  test("hasValue lets its value through, and refuses another as the frontends expect", async () => {
    const pro = await guarded(plan.validators.hasValue("pro"));
    const [, tokens] = await signedIn();
    expect((await call(`${pro}/own`, { tokens })).status).toBe(200);
    const [, free] = await signedIn("free");
    const reason = { message: "wrong value", expectedValue: "pro", actualValue: "free" };
    expect(await call(`${pro}/own`, { tokens: free })).toMatchObject({
      status: 403,
      body: { message: "invalid claim", claimValidationErrors: [{ id: "metadata_plan", reason }] },
    });
  });

  test("a claim that the token has not is fetched; one that is nowhere is refused", async () => {
    const pro = await guarded(plan.validators.hasValue("pro", { id: "paid" }));
    const tokens = await signIn(url, "header", "userId=late");
    const before = regenerated;
    const reason = { message: "value does not exist", expectedValue: "pro" };
    expect(await call(`${pro}/own`, { tokens })).toMatchObject({
      status: 403,
      body: { claimValidationErrors: [{ id: "paid", reason }] },
    });
    expect(regenerated - before).toBe(0);
    await metadata.updateUserMetadata("late", { publicMetadata: { plan: "pro" }, claims: ["plan"] });
    const { status, response } = await call(`${pro}/own`, { tokens });
    expect(status).toBe(200);
    expect(await payloadOf(tokensOf(response, "header", tokens))).toMatchObject({ metadata_plan: "pro" });
  });

  test("believes a token until it is refreshed, and with fresh: true the metadata", async () => {
    const lazy = await guarded(plan.validators.hasValue("pro"));
    const fresh = await guarded(plan.validators.hasValue("pro", { fresh: true }));
    const [userId, tokens] = await signedIn();
    expect((await call(`${fresh}/own`, { tokens })).status).toBe(200);
    await metadata.updateUserMetadata(userId, { publicMetadata: { plan: "free" } });
    expect((await call(`${lazy}/own`, { tokens })).status).toBe(200);
    const { status, body } = await call(`${fresh}/own`, { tokens });
    expect([status, body.message]).toEqual([403, "invalid claim"]);
    await metadata.clearUserMetadata(userId);
    expect((await call(`${fresh}/own`, { tokens })).body).toMatchObject({
      claimValidationErrors: [{ reason: { message: "value does not exist" } }],
    });
  });

  test("includes looks into lists", async () => {
    const teams = metadataClaim(metadata, "teams");
    const blue = await guarded(teams.validators.includes("blue"));
    const update = { publicMetadata: { teams: ["red", "blue"] }, claims: ["teams"] };
    await metadata.updateUserMetadata("member", update);
    await metadata.updateUserMetadata("other", { ...update, publicMetadata: { teams: ["red"] } });
    await metadata.updateUserMetadata("text", { ...update, publicMetadata: { teams: "blue" } });
    const statuses = ["member", "other", "text"].map(async (userId) => {
      const tokens = await signIn(url, "header", `userId=${userId}`);
      return (await call(`${blue}/own`, { tokens })).status;
    });
    expect(await Promise.all(statuses)).toEqual([200, 403, 403]);
  });

  test("a claim of the template has no prefix", async () => {
    const role = metadataClaim(metadata, "role", { prefix: "" });
    const admins = await guarded(role.validators.hasValue("admin"));
    await metadata.updateUserMetadata("admin", { publicMetadata: { role: "admin" } });
    const tokens = await signIn(url, "header", "userId=admin");
    expect((await call(`${admins}/own`, { tokens })).status).toBe(200);
    const jane = await signIn(url, "header", "userId=plain");
    expect((await call(`${admins}/own`, { tokens: jane })).status).toBe(403);
  });
});

describe("mistakes", () => {
  test("an empty prefix would take every claim for ours", () => {
    expect(() => sessionOverride(metadata, { prefix: "" })).toThrow(
      expect.objectContaining({ code: "options_invalid" }),
    );
  });

  test("a session of another sign-in has no SuperTokens token to renew", async () => {
    const who = { issuer: "http://localhost:3000", audience: "my-app" };
    const issuer = tokenIssuer(who);
    const sessions = jwtSessions({ ...who, keys: issuer.jwks });
    const other = createUserMetadata({ store: memoryStore(), sessions, issuer });
    const authorization = `Bearer ${await other.issueToken("jim")}`;
    const header = (name: string) => (name === "authorization" ? authorization : undefined);
    const view = { method: "GET", path: "/", query: "", header, body: async () => "" };
    const session = await other.verifySession(view);
    await expect(refreshSessionClaims(session, other)).rejects.toMatchObject({ code: "options_invalid" });
  });
});

test("no session is made where its claims cannot be read", async () => {
  const unreadable = sessionOverride({ claims: () => Promise.reject(new Error("the database is away")) });
  const original = new Proxy({} as Parameters<typeof unreadable>[0], {
    ownKeys: () => [],
    get: (_, name) => {
      throw new Error(`${String(name)} was called`);
    },
  });
  const session = unreadable(original).createNewSession({
    userId: "jane",
    recipeUserId: convertToRecipeUserId("jane"),
    tenantId: "public",
    userContext: {} as Parameters<typeof original.createNewSession>[0]["userContext"],
  });
  await expect(session).rejects.toThrow("the database is away");
});
