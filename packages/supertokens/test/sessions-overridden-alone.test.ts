import { expect, test } from "vitest";
import { superTokensSessions } from "../src/index.ts";
import { call, engineWith, signIn, startApp, startTokens } from "./harness.ts";

let asked = 0;
await startTokens({
  override: {
    functions: (original) => ({
      ...original,
      getSession: (input) => {
        asked += 1;
        return original.getSession(input);
      },
    }),
  },
});
const url = await startApp(engineWith(superTokensSessions()));

test("an app's own getSession, of which sessionOverride is not told, is called for each request", async () => {
  const tokens = await signIn(url, "header");
  for (const _ of [1, 2, 3]) expect((await call(`${url}/own`, { tokens })).status).toBe(200);
  expect(asked).toBe(3);
});
