import { createUserMetadata, memoryStore } from "@usermeta/core";
import { expect, test } from "vitest";
import { sessionOverride, superTokensSessions } from "../src/index.ts";
import { call, engineWith, signIn, startApp, startTokens } from "./harness.ts";

const banned = new Set<string>();
let asked = 0;

/** An override of the app's own, below ours, which is told of it. */
await startTokens({
  override: {
    functions: (original, builder) => {
      builder.override((implementation) => ({
        ...implementation,
        getSession: async (input) => {
          asked += 1;
          const session = await implementation.getSession(input);
          return banned.has(session?.getUserId() ?? "") ? undefined : session;
        },
      }));
      return sessionOverride(createUserMetadata({ store: memoryStore() }))(original, builder);
    },
  },
});
const url = await startApp(engineWith(superTokensSessions()));

test("an app's own getSession is called for each request", async () => {
  const tokens = await signIn(url, "header", "userId=jane");
  const before = asked;
  for (const _ of [1, 2, 3]) expect((await call(`${url}/own`, { tokens })).status).toBe(200);
  expect(asked - before).toBe(3);
});

test("so that it can refuse a user at any time", async () => {
  const tokens = await signIn(url, "header", "userId=john");
  expect((await call(`${url}/own`, { tokens })).status).toBe(200);
  banned.add("john");
  expect((await call(`${url}/own`, { tokens })).status).toBe(401);
});

test("a session that the SDK's verifySession has left is used as it is, and verified once", async () => {
  const tokens = await signIn(url, "cookie", "userId=jane");
  const before = asked;
  const { status, body } = await call(`${url}/both`, { method: "POST", tokens });
  expect([status, body.userId, asked - before]).toEqual([200, "jane", 1]);
});
