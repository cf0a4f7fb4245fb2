import type { JSONWebKeySet, JWK } from "jose";
import { invalidOption } from "../errors.ts";
import { prepareKeys, type SigningKey, signJwt } from "./signing-keys.ts";

/** How tokens are signed. */
export interface TokenIssuerOptions {
  /** The `iss` of the tokens: the address of your app. */
  readonly issuer: string;
  /** The `aud` of the tokens: who accepts them. */
  readonly audience: string;
  /** @default "ES256" */
  readonly algorithm?: "ES256" | "RS256" | "PS256" | "EdDSA" | undefined;
  /** How long a token is valid, in whole seconds, 1 or more. @default 900 */
  readonly lifetimeSeconds?: number | undefined;
  /**
   * Private keys as JWKs: the first signs, the others are published, so that tokens they signed are still accepted.
   * Without any, a key is made in memory: tokens then end with the process, and two processes refuse each other's.
   */
  readonly keys?: readonly JWK[] | undefined;
}

/** Signs access tokens and publishes the keys that verify them. */
export interface TokenIssuer {
  /** Signs a token for a user. `iss`, `aud`, `sub`, `iat`, `exp` and `jti` are the issuer's; `claims` cannot set them. */
  sign(userId: string, claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** The public keys (RFC 7517). The same object until a key comes or goes. */
  jwks(): Promise<JSONWebKeySet>;
  /** Signs with a new key from now on: the given private JWK, or one made here. The old one stays published until its last token has expired. */
  rotate(key?: JWK): Promise<void>;
}

/**
 * An issuer of access tokens, for apps with their own sign-in. Verify its tokens with
 * `jwtSessions({ issuer, audience, keys: tokenIssuer.jwks })`, elsewhere with its JWKS route.
 * @throws UserMetadataError `options_invalid` without an issuer or an audience, and for a lifetime of 0 or less; when used, for a key that cannot sign
 *
 * @example
 * ```ts
 * import { createUserMetadata, jwtSessions, memoryStore, tokenIssuer } from "@usermeta/core";
 *
 * const [issuer, audience] = ["https://app.test", "app"];
 * const tokens = tokenIssuer({ issuer, audience });
 * const metadata = createUserMetadata({
 *   store: memoryStore(),
 *   issuer: tokens,
 *   sessions: jwtSessions({ issuer, audience, keys: tokens.jwks }),
 * });
 * const token = await metadata.issueToken("jane"); // after you have checked the password
 * console.log(token.split(".").length); // 3
 * ```
 */
export const tokenIssuer = (options: TokenIssuerOptions): TokenIssuer => {
  if (!options?.issuer || !options.audience)
    throw invalidOption(
      "tokenIssuer needs issuer, the address of your app, and audience, who accepts its tokens",
    );
  const { issuer, audience, algorithm = "ES256", lifetimeSeconds = 900 } = options;
  if (!Number.isSafeInteger(lifetimeSeconds) || lifetimeSeconds < 1)
    throw invalidOption(`tokenIssuer.lifetimeSeconds is ${lifetimeSeconds}; give a whole number above 0`);
  const prepare = (jwks: readonly JWK[]): Promise<SigningKey[]> => prepareKeys(jwks, algorithm);
  let keys = prepare(options.keys ?? []);
  // A failure is told by each call; without a handler here it would end the process first.
  keys.catch(() => undefined);
  let published: JSONWebKeySet = { keys: [] };

  const sign: TokenIssuer["sign"] = async (userId, claims = {}) => {
    const key = (await keys)[0] as SigningKey;
    const now = Math.floor(Date.now() / 1000);
    return signJwt(key, {
      ...claims,
      iss: issuer,
      aud: audience,
      sub: userId,
      iat: now,
      exp: now + lifetimeSeconds,
      jti: crypto.randomUUID(),
    });
  };

  const jwks: TokenIssuer["jwks"] = async () => {
    const current = (await keys).filter(({ retiredAt }) => retiredAt > Date.now());
    const same =
      current.length === published.keys.length &&
      current.every(({ publicJwk }, index) => publicJwk === published.keys[index]);
    if (!same) published = { keys: current.map(({ publicJwk }) => publicJwk) };
    return published;
  };

  const rotate: TokenIssuer["rotate"] = async (key) => {
    const [next] = (await prepare(key ? [key] : [])) as [SigningKey];
    const retiredAt = Date.now() + lifetimeSeconds * 1000;
    const [signing, ...others] = await keys;
    keys = Promise.resolve([next, { ...(signing as SigningKey), retiredAt }, ...others]);
  };

  return { sign, jwks, rotate };
};
