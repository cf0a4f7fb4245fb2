import type { Dialect, Schemas, SessionVerifier, Store, TokenIssuer } from "@usermeta/core";
import { createUserMetadata, jwtSessions, nativeDialect, tokenIssuer } from "@usermeta/core";
import { bizzkitDialect } from "@usermeta/core/bizzkit";
import { clerkDialect } from "@usermeta/core/clerk";
import { superTokensDialect } from "@usermeta/core/supertokens";
import { contextDialect, contextSchema, currentContext } from "./contexts.ts";
import type { HttpEngine, HttpMountName } from "./contract.ts";
import { ADMIN_KEY } from "./fixtures.ts";
import { quotingSchema, refusing } from "./refusing.ts";
import type { Tokens } from "./tokens.ts";
import { AUDIENCE, AUTHORIZED_PARTY, ISSUER } from "./tokens.ts";

/** The limits that the cases count on. */
export const LIMITS = { maxTierBytes: 8192, maxDepth: 32, maxBodyBytes: 131_072 } as const;

/** Below the prefix, the app decides what `POST /updateinfo` writes. */
const nativeOf = (mount: HttpMountName): Dialect => {
  if (mount !== "prefix") return nativeDialect();
  return nativeDialect({
    updateInfo: (session, body = null) => ({
      publicMetadata: { updatedBy: session.getUserId(), context: currentContext() },
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

/** How long a call waits for a store that fails, in ms. */
const FAILS_AFTER_MS = 200;

/** Makes an engine that accepts the suite's own tokens and the issuer's. */
export const createEngine = (
  tokens: Tokens,
  { mount, store }: { readonly mount: HttpMountName; readonly store: Store },
): HttpEngine => {
  const issuer = tokenIssuer({ issuer: ISSUER, audience: AUDIENCE });
  const engine = createUserMetadata({
    store,
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
    history: {},
    dialects: [nativeOf(mount), bizzkitDialect(), superTokensDialect(), clerkDialect(), contextDialect],
    schemas: { unsafe: contextSchema, private: quotingSchema } as Schemas,
    limits: mount === "failing" ? { ...LIMITS, timeoutMs: FAILS_AFTER_MS } : LIMITS,
  });
  return refusing(engine);
};
