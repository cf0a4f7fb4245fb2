import { decodeProtectedHeader, type JSONWebKeySet, type JWTVerifyGetKey, type JWTVerifyOptions } from "jose";
import { UserMetadataError } from "../errors.ts";

/**
 * What a token says of who issued it, beside what was expected. It is the `cause` of a `token_invalid`, for a log; a
 * client is told neither of the two.
 */
export interface TokenMismatch {
  /** `kid` is a header of the token, and what is expected are the names of the known keys. */
  readonly claim: "iss" | "aud" | "kid";
  readonly expected: unknown;
  readonly received: unknown;
}

/** What a token was verified by. */
interface Verification {
  readonly token: string;
  readonly key: JWTVerifyGetKey & { readonly jwks?: () => JSONWebKeySet | undefined };
  readonly rules: JWTVerifyOptions;
}

/** The refusal of a token, with what was expected of it as its cause. `error` is jose's. */
export const withMismatch = (
  refusal: UserMetadataError,
  error: unknown,
  verification: Verification,
): UserMetadataError => {
  const cause = findMismatch(error, verification);
  return cause ? new UserMetadataError("token_invalid", refusal.message, { cause }) : refusal;
};

const findMismatch = (error: unknown, { token, key, rules }: Verification): TokenMismatch | undefined => {
  const { code, claim, payload } = error as {
    readonly code?: string;
    readonly claim?: string;
    readonly payload?: { readonly iss?: unknown; readonly aud?: unknown };
  };
  if (claim === "iss") return { claim, expected: rules.issuer, received: payload?.iss };
  if (claim === "aud") return { claim, expected: rules.audience, received: payload?.aud };
  if (code !== "ERR_JWKS_NO_MATCHING_KEY") return undefined;
  const expected = key.jwks?.()?.keys.map(({ kid }) => kid);
  return { claim: "kid", expected, received: decodeProtectedHeader(token).kid };
};
