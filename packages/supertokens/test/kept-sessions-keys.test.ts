import { getSession, verifySession } from "@usermeta/express";
import { startDevCore } from "@usermeta/supertokens/dev-core";
import type { SessionContainer } from "supertokens-node/recipe/session";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { superTokensSessions } from "../src/index.ts";
import { currentRecipe } from "../src/session-recipe.ts";
import { call, engineWith, refresh, signIn, startApp, startTokens, tokensOf } from "./harness.ts";

const { signatures } = await vi.hoisted(() => import("./signatures.ts"));

/** The SDK's own functions: it asks for the custom header where cookies come from other sites. */
const core = await startTokens({ cookieSameSite: "none", cookieSecure: true, jwksRefreshIntervalSec: 60 });
const metadata = engineWith(superTokensSessions());
const url = await startApp(metadata, (app) => {
  app.get("/sign-out", verifySession(metadata), async (request, response) => {
    await (getSession(request) as SessionContainer).revokeSession();
    response.json({});
  });
});

test("an app that overrides nothing has its tokens verified once", async () => {
  const tokens = await signIn(url, "header");
  expect((await call(`${url}/own`, { tokens })).status).toBe(200);
  const before = signatures.verified;
  expect((await call(`${url}/own`, { tokens })).status).toBe(200);
  expect(signatures.verified).toBe(before);
});

test("the container that a handler is given is that of its request", async () => {
  const tokens = await signIn(url, "cookie");
  expect((await call(`${url}/own`, { tokens })).status).toBe(200);
  const { response } = await call(`${url}/sign-out`, { tokens });
  expect(response.headers.get("front-token")).toBe("remove");
  expect(tokensOf(response, "cookie", tokens).access).toBe("");
});

test("a token of a refresh goes to the core each time, also to one that answers with no other", async () => {
  const before = await signIn(url, "header");
  const tokens = tokensOf(await refresh(url, before), "header", before);
  const { fetch } = globalThis;
  let asked = 0;
  onTestFinished(() => void Object.assign(globalThis, { fetch }));
  globalThis.fetch = async (...request) => {
    const response = await fetch(...request);
    if (!String(request[0]).endsWith("/recipe/session/verify")) return response;
    asked += 1;
    const { accessToken, ...rest } = (await response.json()) as { accessToken?: object };
    expect(accessToken).toBeDefined();
    return Response.json(rest);
  };
  for (const _ of [1, 2]) expect((await call(`${url}/own`, { tokens })).status).toBe(200);
  expect(asked).toBe(2);
});

test("a cookie from other sites writes with the custom header alone", async () => {
  const tokens = await signIn(url, "cookie");
  expect((await call(`${url}/own`, { tokens })).status).toBe(200);
  const before = signatures.verified;
  expect((await call(`${url}/own`, { method: "POST", tokens })).status).toBe(401);
  expect((await call(`${url}/own`, { method: "POST", tokens, headers: { rid: "session" } })).status).toBe(
    200,
  );
  expect(signatures.verified).toBe(before);
});

test("a validator that a recipe adds later is asked", async () => {
  const tokens = await signIn(url, "header");
  expect((await call(`${url}/own`, { tokens })).status).toBe(200);
  const recipe = currentRecipe();
  if (recipe === undefined) throw new Error("The recipe is loaded with the first session.");
  recipe.addClaimValidatorFromOtherRecipe({ id: "no", validate: async () => ({ isValid: false }) });
  onTestFinished(() => void recipe.getClaimValidatorsAddedByOtherRecipes().pop());
  expect((await call(`${url}/own`, { tokens })).status).toBe(403);
});

test("the validators of overrideGlobalClaimValidators are asked for each request", async () => {
  let isValid = true;
  const validator = { id: "changing", validate: async () => ({ isValid }) };
  const sessions = superTokensSessions({ overrideGlobalClaimValidators: () => [validator] });
  const own = await startApp(engineWith(sessions));
  const tokens = await signIn(url, "header");
  for (const status of [200, 200, 403, 200]) {
    isValid = status === 200;
    expect((await call(`${own}/own`, { tokens })).status).toBe(status);
  }
});

test("a key that the core withdraws ends its tokens, and those of its new key are let in", async () => {
  const old = await signIn(url, "header");
  expect((await call(`${url}/own`, { tokens: old })).status).toBe(200);
  await core.close();
  const next = await startDevCore({ port: Number(new URL(core.url).port), now: () => Date.now() });
  afterAll(() => next.close());
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
  onTestFinished(() => void vi.useRealTimers());
  expect((await call(`${url}/own`, { tokens: old })).status).toBe(401);
  const tokens = await signIn(url, "header");
  expect((await call(`${url}/own`, { tokens })).status).toBe(200);
});
