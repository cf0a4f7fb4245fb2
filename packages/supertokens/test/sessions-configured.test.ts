import { convertToRecipeUserId } from "supertokens-node";
import { createNewSessionWithoutRequestResponse } from "supertokens-node/recipe/session";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { superTokensSessions } from "../src/index.ts";
import { call, engineWith, startApp, startTokens } from "./harness.ts";

const seen: { original?: unknown; url?: string } = {};

/** What an app may configure of the SDK holds for our routes too, whatever framework it is initialised for. */
await startTokens(
  {
    antiCsrf: "VIA_CUSTOM_HEADER",
    sessionExpiredStatusCode: 440,
    invalidClaimStatusCode: 499,
    getCookieNameForTokenType: (_, type) => `my-${type}`,
    getTokenTransferMethod: ({ req }) => {
      Object.assign(seen, { original: req.original, url: req.getOriginalURL() });
      return req.getKeyValueFromQuery("by") === "header" ? "header" : "any";
    },
    errorHandlers: {
      onUnauthorised: async (message, request, response) => {
        response.setHeader("x-why", `${message.split(".")[0]} (${request.getMethod()})`, false);
        response.setStatusCode(440);
        response.sendJSONResponse({ message: "unauthorised", hint: "sign in" });
      },
      onTryRefreshToken: async (_message, _request, response) => {
        response.setStatusCode(440);
        response.sendHTMLResponse("<p>refresh</p>");
      },
    },
  },
  {},
  {},
  "fastify",
);
const url = await startApp(engineWith(superTokensSessions()));
const strict = await startApp(
  engineWith(
    superTokensSessions({
      overrideGlobalClaimValidators: () => [{ id: "no", validate: async () => ({ isValid: false }) }],
    }),
  ),
);

const tokenOf = async (userId: string): Promise<string> =>
  (await createNewSessionWithoutRequestResponse("public", convertToRecipeUserId(userId))).getAccessToken();

describe("an app's own error handlers and status codes", () => {
  test("its answer to a missing session, with its header", async () => {
    for (const path of ["/me/metadata", "/own"]) {
      const { status, body, response } = await call(url + path);
      expect([status, body]).toEqual([440, { message: "unauthorised", hint: "sign in" }]);
      expect(response.headers.get("x-why")).toBe("Session does not exist (get)");
    }
  });

  test("an answer of its own that is not JSON has its status, and our words", async () => {
    const authorization = `Bearer ${await tokenOf("jane")}`;
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 7_200_000 });
    onTestFinished(() => void vi.useRealTimers());
    const { status, body, response } = await call(`${url}/own`, { headers: { authorization } });
    expect([status, body.code]).toEqual([440, "token_expired"]);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
  });

  test("its status for a claim that a validator refuses", async () => {
    const headers = { authorization: `Bearer ${await tokenOf("jane")}` };
    expect(await call(`${strict}/own`, { headers })).toMatchObject({
      status: 499,
      body: { message: "invalid claim", claimValidationErrors: [{ id: "no" }] },
    });
  });
});

describe("an app's own cookies", () => {
  test("a write needs the custom header, a read does not", async () => {
    const headers = { cookie: `other=1; my-access=${await tokenOf("jane")}` };
    const post = { method: "POST", headers };
    expect((await call(`${url}/own`, { headers })).body).toMatchObject({ userId: "jane" });
    expect((await call(`${url}/own`, post)).status).toBe(440);
    const withRid = { method: "POST", headers: { ...headers, rid: "session" } };
    expect((await call(`${url}/own`, withRid)).body).toMatchObject({ userId: "jane" });
  });

  test("a cookie does not count if the app takes headers alone", async () => {
    const token = await tokenOf("jane");
    const cookie = `my-access=${token}`;
    expect((await call(`${url}/own?by=header`, { headers: { cookie } })).status).toBe(440);
    const authorization = `Bearer ${token}`;
    expect((await call(`${url}/own?by=header`, { headers: { authorization } })).status).toBe(200);
    expect(seen.url).toBe("/own?by=header");
  });

  test("the app's functions see the framework's own request", async () => {
    await call(`${url}/own`);
    expect(seen.original).toHaveProperty("socket");
  });
});
