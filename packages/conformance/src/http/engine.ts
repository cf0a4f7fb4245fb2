import type { Dialect, SessionVerifier, Store, TokenIssuer } from "@usermeta/core";
import { createUserMetadata, jwtSessions, memoryStore, nativeDialect, tokenIssuer } from "@usermeta/core";
import { bizzkitDialect } from "@usermeta/core/bizzkit";
import { clerkDialect } from "@usermeta/core/clerk";
import { superTokensDialect } from "@usermeta/core/supertokens";
import type { HttpEngine, HttpMountName } from "./contract.ts";
import { ADMIN_KEY, FAILING_PREFIX } from "./fixtures.ts";
import type { Tokens } from "./tokens.ts";
import { AUDIENCE, AUTHORIZED_PARTY, ISSUER } from "./tokens.ts";

/** The limits that the cases count on. */
export const LIMITS = { maxTierBytes: 8192, maxDepth: 32, maxBodyBytes: 131_072 } as const;

/** A memory store that fails when a case wants it to. */
const createStore = (): Store => {
  const store = memoryStore();
  return {
    read: async (userIds) => {
      if (userIds.some((id) => id.startsWith(FAILING_PREFIX))) throw new Error("The disk is on fire.");
      return store.read(userIds);
    },
    write: (changes) => store.write(changes),
    find: async (query) => (await store.find?.(query)) ?? [],
    count: async () => (await store.count?.()) ?? 0,
  };
};

/** Below the prefix, the app decides what `POST /updateinfo` writes. */
const nativeOf = (mount: HttpMountName): Dialect => {
  if (mount !== "prefix") return nativeDialect();
  return nativeDialect({
    updateInfo: (session, body = null) => ({
      publicMetadata: { updatedBy: session.getUserId() },
      privateMetadata: { body },
    }),
  });
};

/** The suite's own key and the issuer's, as one set that stays the same, so that it is prepared once. */
const keysOf = (tokens: Tokens, issuer: TokenIssuer) => {
  let known: ReturnType<TokenIssuer["jwks"]> | undefined;
  return () => {
    known ??= issuer.jwks().then(({ keys }) => ({ keys: [tokens.publicKey, ...keys] }));
    return known;
  };
};

/** The request header that asks `sending` for headers of its own. */
export const ASKS_FOR_HEADERS = "x-session-sends";

/** A sign-in that refreshes tokens sends them back with any answer, also with a refusal. */
const sending =
  (verify: SessionVerifier): SessionVerifier =>
  (request) => {
    if (request.header(ASKS_FOR_HEADERS) !== undefined) {
      request.response?.setHeader("X-Session-Token", "old");
      request.response?.setHeader("X-Session-Token", "new");
      request.response?.appendHeader("Set-Cookie", "first=1; Path=/");
      request.response?.appendHeader("Set-Cookie", "second=2; Path=/");
    }
    return verify(request);
  };

/** Makes an engine over a memory store that accepts the suite's own tokens and the issuer's. */
export const createEngine = (tokens: Tokens, mount: HttpMountName): HttpEngine => {
  const issuer = tokenIssuer({ issuer: ISSUER, audience: AUDIENCE });
  return createUserMetadata({
    store: createStore(),
    // Behind the app's parser no tokens are issued.
    ...(mount !== "parsed" && { issuer }),
    sessions: sending(
      jwtSessions({
        issuer: ISSUER,
        audience: AUDIENCE,
        algorithms: ["ES256"],
        keys: keysOf(tokens, issuer),
        cookie: "session",
        authorizedParties: [AUTHORIZED_PARTY],
        clockToleranceSeconds: 5,
      }),
    ),
    adminKeys: [ADMIN_KEY],
    dialects: [nativeOf(mount), bizzkitDialect(), superTokensDialect(), clerkDialect()],
    limits: LIMITS,
  });
};
