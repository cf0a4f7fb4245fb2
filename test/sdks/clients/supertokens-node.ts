/**
 * An unmodified supertokens-node of any version, in a process of its own: its metadata calls, its sessions and its
 * JWTs, each held
 * against what SuperTokens documents. It prints the calls that held, as JSON.
 */
import assert from "node:assert/strict";

const { SDK = "", CONNECTION_URI = "", API_KEY, SESSIONS } = process.env;

type Sdk = typeof import("supertokens-node");
const load = async <T>(path: string): Promise<T> => {
  const module = await import(`${SDK}${path}`);
  return module.default?.default ?? module.default ?? module;
};
const supertokens = await load<Sdk["default"] & Sdk>("");
const UserMetadata = await load<typeof import("supertokens-node/recipe/usermetadata")>(
  "/recipe/usermetadata/index.js",
);
const Jwt = await load<typeof import("supertokens-node/recipe/jwt")>("/recipe/jwt/index.js");
const Session = await load<typeof import("supertokens-node/recipe/session")>("/recipe/session/index.js");

supertokens.init({
  telemetry: false,
  supertokens: { connectionURI: CONNECTION_URI, ...(API_KEY && { apiKey: API_KEY }) },
  appInfo: { appName: "test", apiDomain: "http://localhost", websiteDomain: "http://localhost" },
  recipeList: [
    UserMetadata.init(),
    ...(SESSIONS ? [Session.init({ antiCsrf: "VIA_TOKEN" }), Jwt.init()] : []),
  ],
});

const held: string[] = [];
const hold = async (call: string, work: () => Promise<void>): Promise<void> => {
  await work();
  held.push(call);
};

const userId = `user of ${SDK}${SESSIONS ? ", with sessions" : ""}`;
const { updateUserMetadata, getUserMetadata, clearUserMetadata } = UserMetadata;
const stored = async (): Promise<unknown> => (await getUserMetadata(userId)).metadata;

await hold("getUserMetadata", async () => assert.deepEqual(await stored(), {}));
await hold("updateUserMetadata", async () => {
  await updateUserMetadata(userId, { a: { x: 1 }, notifications: { email: true }, todos: ["one"] });
  const { metadata } = await updateUserMetadata(userId, { notifications: { sms: true }, todos: null });
  assert.deepEqual(metadata, { a: { x: 1 }, notifications: { sms: true } });
  assert.deepEqual(await stored(), metadata);
});
await hold("clearUserMetadata", async () => {
  await clearUserMetadata(userId);
  assert.deepEqual(await stored(), {});
});
await hold("parallel updates", async () => {
  const keys = Array.from({ length: 50 }, (_, index) => `key${index}`);
  await Promise.all(keys.map((key, index) => updateUserMetadata(userId, { [key]: index })));
  assert.deepEqual(await stored(), Object.fromEntries(keys.map((key, index) => [key, index])));
});

if (SESSIONS) {
  const begin = async () =>
    Session.createNewSessionWithoutRequestResponse("public", supertokens.convertToRecipeUserId(userId), {
      role: "x",
    });
  const session = await begin();
  const { accessToken, refreshToken, antiCsrfToken } = session.getAllSessionTokensDangerously();
  await hold("createNewSession", async () => {
    assert.equal(session.getUserId(), userId);
    assert.equal(session.getAccessTokenPayload().role, "x");
  });
  await hold("getSession", async () => {
    const found = await Session.getSessionWithoutRequestResponse(accessToken, antiCsrfToken);
    assert.equal(found?.getHandle(), session.getHandle());
    const checked = await Session.getSessionWithoutRequestResponse(accessToken, antiCsrfToken, {
      checkDatabase: true,
    });
    assert.equal(checked?.getUserId(), userId);
  });
  await hold("mergeIntoAccessTokenPayload", async () => {
    await session.mergeIntoAccessTokenPayload({ plan: "pro" });
    assert.equal(session.getAccessTokenPayload().plan, "pro");
  });
  await hold("refreshSession", async () => {
    const refreshed = await Session.refreshSessionWithoutRequestResponse(
      refreshToken ?? "",
      false,
      antiCsrfToken,
    );
    assert.equal(refreshed.getHandle(), session.getHandle());
    const next = refreshed.getAllSessionTokensDangerously();
    assert.notEqual(next.refreshToken, refreshToken);
    await Session.getSessionWithoutRequestResponse(next.accessToken, next.antiCsrfToken);
    // The token that was spent is used again after its successor: the session was stolen.
    await assert.rejects(
      Session.refreshSessionWithoutRequestResponse(refreshToken ?? "", false, antiCsrfToken),
      Session.Error,
    );
  });
  await hold("revokeAllSessionsForUser", async () => {
    const other = await begin();
    assert.ok((await Session.getAllSessionHandlesForUser(userId)).includes(other.getHandle()));
    assert.ok((await Session.revokeAllSessionsForUser(userId)).includes(other.getHandle()));
    assert.equal(await Session.getSessionInformation(other.getHandle()), undefined);
  });
  await hold("createJWT", async () => {
    const created = await Jwt.createJWT({ role: "x", iss: "somebody else" }, 60);
    assert.equal(created.status, "OK");
    const [, payload = ""] = created.jwt.split(".");
    const { exp, iat, ...claims } = JSON.parse(Buffer.from(payload, "base64url").toString());
    assert.deepEqual([claims, exp - iat], [{ role: "x", iss: "http://localhost" }, 60]);
    // One that has all claims of a session is refused as an access token.
    const forged = await Jwt.createJWT({ ...session.getAccessTokenPayload(), sub: "jane" }, 60, false);
    assert.equal(forged.status, "OK");
    await assert.rejects(Session.getSessionWithoutRequestResponse(forged.jwt), Session.Error);
  });
  await hold("getJWKS", async () => {
    const { keys } = await Jwt.getJWKS();
    assert.deepEqual(keys.map(({ kid }) => kid.slice(0, 2)).sort(), ["d-", "s-"]);
  });
}
process.stdout.write(JSON.stringify(held));
