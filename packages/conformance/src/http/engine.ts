import { createUserMetadata, jwtSessions, memoryStore, tokenIssuer } from "@usermeta/core";
import type { HttpEngine } from "./contract.ts";
import { ADMIN_KEY } from "./fixtures.ts";
import type { Tokens } from "./tokens.ts";
import { AUDIENCE, AUTHORIZED_PARTY, ISSUER } from "./tokens.ts";

/** The limits that the cases count on. */
export const LIMITS = { maxTierBytes: 8192, maxDepth: 32, maxBodyBytes: 131_072 } as const;

/** Makes an engine over a memory store that accepts the suite's own tokens and, where it has an issuer, the issuer's. */
export const createEngine = (tokens: Tokens, options: { readonly issues: boolean }): HttpEngine => {
  const issuer = tokenIssuer({ issuer: ISSUER, audience: AUDIENCE });
  return createUserMetadata({
    store: memoryStore(),
    ...(options.issues ? { issuer } : {}),
    sessions: jwtSessions({
      issuer: ISSUER,
      audience: AUDIENCE,
      algorithms: ["ES256"],
      keys: async () => ({ keys: [tokens.publicKey, ...(await issuer.jwks()).keys] }),
      cookie: "session",
      authorizedParties: [AUTHORIZED_PARTY],
      clockToleranceSeconds: 5,
    }),
    adminKeys: [ADMIN_KEY],
    limits: LIMITS,
  });
};
