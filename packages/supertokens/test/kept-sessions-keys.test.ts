import { startDevCore } from "@usermeta/supertokens/dev-core";
import SessionRecipe from "supertokens-node/lib/build/recipe/session/recipe.js";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { superTokensSessions } from "../src/index.ts";
import { call, engineWith, signIn, startApp, startTokens } from "./harness.ts";

const { signatures } = await vi.hoisted(() => import("./signatures.ts"));

/** The SDK's own functions: it asks for the custom header where cookies come from other sites. */
const core = await startTokens({ cookieSameSite: "none", cookieSecure: true, jwksRefreshIntervalSec: 60 });
const url = await startApp(engineWith(superTokensSessions()));

test("an app that overrides nothing has its tokens verified once", async () => {
  const tokens = await signIn(url, "header");
  expect((await call(`${url}/own`, { tokens })).status).toBe(200);
  const before = signatures.verified;
  expect((await call(`${url}/own`, { tokens })).status).toBe(200);
  expect(signatures.verified).toBe(before);
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
  const recipe = SessionRecipe.getInstanceOrThrowError();
  recipe.addClaimValidatorFromOtherRecipe({ id: "no", validate: async () => ({ isValid: false }) });
  onTestFinished(() => void recipe.getClaimValidatorsAddedByOtherRecipes().pop());
  expect((await call(`${url}/own`, { tokens })).status).toBe(403);
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
