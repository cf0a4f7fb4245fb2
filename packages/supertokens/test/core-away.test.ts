import { createServer } from "node:http";
import { createUserMetadata, memoryStore, type RequestView } from "@usermeta/core";
import { startDevCore } from "@usermeta/supertokens/dev-core";
import { convertToRecipeUserId, init } from "supertokens-node";
import { createNewSessionWithoutRequestResponse, init as session } from "supertokens-node/recipe/session";
import { init as userMetadataRecipe } from "supertokens-node/recipe/usermetadata";
import { expect, test } from "vitest";
import { superTokensSessions, superTokensStore } from "../src/index.ts";

const viewOf = (token?: string): RequestView => ({
  method: "GET",
  path: "/",
  query: "",
  header: (name) => (name === "authorization" && token ? `Bearer ${token}` : undefined),
  body: async () => "",
});

const engine = (options = {}) =>
  createUserMetadata({ store: memoryStore(), sessions: superTokensSessions(options) });

test("before SuperTokens.init the error says what is missing", async () => {
  await expect(engine().verifySession(viewOf())).rejects.toMatchObject({
    code: "options_invalid",
    message: expect.stringContaining("SuperTokens.init"),
  });
});

test("a core that went away: tokens are verified by the keys at hand, and what needs the core is a 503", async () => {
  const core = await startDevCore({ port: 0 });
  init({
    telemetry: false,
    supertokens: { connectionURI: core.url },
    appInfo: { appName: "test", apiDomain: "http://localhost:3000", websiteDomain: "http://localhost:3000" },
    recipeList: [session(), userMetadataRecipe()],
  });
  const { getAccessToken } = await createNewSessionWithoutRequestResponse(
    "public",
    convertToRecipeUserId("jane"),
  ).then((made) => ({ getAccessToken: () => made.getAccessToken() }));
  const request = viewOf(getAccessToken());
  expect((await engine().verifySession(request)).getUserId()).toBe("jane");
  await core.close();

  expect((await engine().verifySession(request)).getUserId()).toBe("jane");
  await expect(engine({ checkDatabase: true }).verifySession(request)).rejects.toMatchObject({
    code: "jwks_unavailable",
    status: 503,
  });
  const metadata = createUserMetadata({ store: superTokensStore() });
  await expect(metadata.getUserMetadata("jane")).rejects.toMatchObject({ code: "store_unavailable" });
  await expect(metadata.updateUserMetadata("jane", { publicMetadata: { a: 1 } })).rejects.toMatchObject({
    code: "store_unavailable",
  });

  // A core that answers, and fails.
  const { port } = new URL(core.url);
  const failing = createServer((_, response) => void response.writeHead(500).end("it failed"));
  await new Promise<void>((resolve) => failing.listen(Number(port), "127.0.0.1", resolve));
  try {
    await expect(engine({ checkDatabase: true }).verifySession(request)).rejects.toMatchObject({
      code: "jwks_unavailable",
    });
  } finally {
    await failing[Symbol.asyncDispose]();
  }
});
