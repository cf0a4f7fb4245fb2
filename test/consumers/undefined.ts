/** Passes `undefined` wherever the run time takes it for "not given", as `process.env.NAME` may be. Compiled and run. */
import { deepEqual, equal } from "node:assert/strict";
import { createUserMetadata, jwtSessions, memoryStore, nativeDialect, tokenIssuer } from "@usermeta/core";
import { clerkDialect, clerkSessions } from "@usermeta/core/clerk";
import { superTokensDialect } from "@usermeta/core/supertokens";
import { getSession, verifySession } from "@usermeta/express";
import { userMetadata as onFetch } from "@usermeta/fetch";
import { userMetadata as onKoa } from "@usermeta/koa";
import { userMetadata as onLambda } from "@usermeta/lambda";
import { userMetadata as onLoopBack } from "@usermeta/loopback";
import { createRouteHandlers } from "@usermeta/next";
import { postgresStore } from "@usermeta/store-postgres";
import { sqliteStore } from "@usermeta/store-sqlite";
import { sessionOverride, superTokensSessions, userMetadataOverride } from "@usermeta/supertokens";

const missing = process.env.USERMETA_OF_NO_SUCH_NAME;
const nothing = undefined;

const rules = { audience: missing, algorithms: nothing, authorizedParties: nothing, cookie: missing };
const issuer = tokenIssuer({
  issuer: "https://app.test",
  audience: "app",
  algorithm: nothing,
  lifetimeSeconds: nothing,
  keys: nothing,
});
const ours = {
  issuer: "https://app.test",
  keys: issuer.jwks,
  clockToleranceSeconds: nothing,
  userIdClaim: missing,
};
const metadata = createUserMetadata({
  store: sqliteStore({
    path: ":memory:",
    database: nothing,
    busyTimeoutMs: nothing,
    thread: nothing,
    search: nothing,
  }),
  sessions: [
    jwtSessions({ ...ours, ...rules, jwksUri: nothing, secret: nothing, audience: "app" }),
    superTokensSessions({
      checkDatabase: nothing,
      antiCsrfCheck: nothing,
      overrideGlobalClaimValidators: nothing,
    }),
  ],
  adminKeys: nothing,
  onSessionRefused: nothing,
  schemas: nothing,
  cache: nothing,
  issuer,
  limits: {
    maxTierBytes: nothing,
    maxDepth: nothing,
    maxBodyBytes: nothing,
    maxWaiting: nothing,
    timeoutMs: nothing,
  },
  claims: { prefix: missing, maxBytes: nothing, template: nothing },
  dialects: [
    nativeDialect({ updateInfo: nothing }),
    superTokensDialect({ tier: nothing, allowWithoutKey: nothing }),
    clerkDialect({ users: nothing }),
  ],
});
createUserMetadata({ store: memoryStore(), sessions: nothing, adminKeys: nothing, dialects: nothing });
jwtSessions({ ...rules, issuer: "https://app.test", jwksUri: "https://app.test/jwks.json", keys: nothing });
clerkSessions({
  issuer: "https://app.test",
  jwtKey: missing,
  authorizedParties: nothing,
  publishableKey: missing,
});
postgresStore({
  connectionString: "postgres://localhost/app",
  pool: nothing,
  timeoutMs: nothing,
  search: nothing,
});
sessionOverride(metadata, { prefix: missing });
userMetadataOverride(metadata, { tier: nothing });

onFetch(metadata, { prefix: missing });
onKoa(metadata, { prefix: missing });
onLambda(metadata, { prefix: missing, next: nothing });
onLoopBack(metadata, { prefix: missing });
createRouteHandlers(metadata, { prefix: missing, fallback: nothing });
verifySession(metadata, { required: nothing, fresh: nothing });

// What is not given stays: nothing is cleared, and the merge is the default one.
await metadata.updateUserMetadata("jane", {
  publicMetadata: { plan: "pro", address: { city: "Oslo", street: "Main" } },
  unsafeMetadata: { theme: "dark" },
});
await metadata.updateUserMetadata(
  "jane",
  {
    publicMetadata: { address: { city: "Bergen" } },
    unsafeMetadata: nothing,
    privateMetadata: nothing,
    claims: nothing,
  },
  { merge: nothing, ifVersion: nothing, signal: nothing },
);
await metadata.replaceUserMetadata(
  "jane",
  { publicMetadata: nothing, privateMetadata: nothing, claims: nothing },
  {},
);
const jane = await metadata.getUserMetadata("jane");
deepEqual(jane.publicMetadata, { plan: "pro", address: { city: "Bergen", street: "Main" } });
deepEqual(jane.unsafeMetadata, { theme: "dark" });
const found = await metadata.find({ tier: nothing, where: nothing, limit: nothing, cursor: nothing });
equal(found.users.length, 1);
equal(typeof (await metadata.issueToken("jane", { tenantId: missing, handle: missing })), "string");
try {
  getSession({}, { required: nothing });
} catch (error) {
  equal((error as { code?: string }).code, "session_middleware_missing");
}
await metadata.close();
console.log("done");
