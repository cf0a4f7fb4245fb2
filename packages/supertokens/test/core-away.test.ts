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

/** A request of a new session of jane's. */
const signedIn = async (): Promise<RequestView> => {
  const jane = convertToRecipeUserId("jane");
  return viewOf((await createNewSessionWithoutRequestResponse("public", jane)).getAccessToken());
};

const verify = (request: RequestView, options = {}) =>
  createUserMetadata({ store: memoryStore(), sessions: superTokensSessions(options) }).verifySession(request);

// One test: the SDK keeps the keys that it has, so the order counts.
test("without the SDK, without the keys, with them, without a core, with one that fails", async () => {
  await expect(verify(viewOf())).rejects.toMatchObject({
    code: "options_invalid",
    message: expect.stringContaining("SuperTokens.init"),
  });

  const first = await startDevCore({ port: 0 });
  const port = Number(new URL(first.url).port);
  init({
    telemetry: false,
    supertokens: { connectionURI: first.url },
    appInfo: { appName: "test", apiDomain: "http://localhost:3000", websiteDomain: "http://localhost:3000" },
    recipeList: [session(), userMetadataRecipe()],
  });
  const early = await signedIn();
  await first.close();
  // The SDK's own words if it cannot fetch the keys: it does not tell this from a bad signature.
  await expect(verify(early)).rejects.toMatchObject({
    code: "token_expired",
    body: { message: "try refresh token" },
  });

  const second = await startDevCore({ port });
  const request = await signedIn();
  expect((await verify(request)).getUserId()).toBe("jane");
  await second.close();
  expect((await verify(request)).getUserId()).toBe("jane");
  const away = { code: "sessions_unavailable", status: 503 };
  await expect(verify(request, { checkDatabase: true })).rejects.toMatchObject(away);
  const metadata = createUserMetadata({ store: superTokensStore(), limits: { timeoutMs: 200 } });
  await expect(metadata.getUserMetadata("jane")).rejects.toMatchObject({ code: "store_unavailable" });
  const write = metadata.updateUserMetadata("jane", { publicMetadata: { a: 1 } });
  await expect(write).rejects.toMatchObject({ code: "write_not_sent", cause: { code: "store_unavailable" } });

  const failing = createServer((_, response) => void response.writeHead(500).end("it failed"));
  await new Promise<void>((resolve) => void failing.listen(port, "127.0.0.1", resolve));
  try {
    await expect(verify(request, { checkDatabase: true })).rejects.toMatchObject(away);
  } finally {
    await failing[Symbol.asyncDispose]();
  }
});
