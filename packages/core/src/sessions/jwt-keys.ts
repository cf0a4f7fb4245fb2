import {
  type CryptoKey,
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify,
} from "jose";
import { invalidOption } from "../errors.ts";
import { type JoseError, noKeys } from "./jwt-errors.ts";

/** Where the keys come from: exactly one of three. */
export type JwtKeys =
  /** The issuer's JWKS by URL: fetched when first needed, kept for 10 minutes, refetched for an unknown `kid` at most every 30 s. */
  | { readonly jwksUri: string | URL; readonly keys?: undefined; readonly secret?: undefined }
  /** A JWKS at hand, or a function that gives the one of now (`issuer.jwks` of a `tokenIssuer`). */
  | {
      readonly keys: JSONWebKeySet | (() => Promise<JSONWebKeySet>);
      readonly jwksUri?: undefined;
      readonly secret?: undefined;
    }
  /** A shared secret for HS256, HS384 and HS512 alone, of at least 32, 48 and 64 bytes (RFC 7518, section 3.2). */
  | { readonly secret: Uint8Array; readonly jwksUri?: undefined; readonly keys?: undefined };

/** @throws UserMetadataError `options_invalid` */
export const toKey = ({ jwksUri, keys, secret }: JwtKeys): JWTVerifyGetKey => {
  if ([jwksUri, keys, secret].filter((source) => source !== undefined).length !== 1) {
    throw invalidOption("jwtSessions needs exactly one of jwksUri, keys and secret");
  }
  if (jwksUri !== undefined) {
    if (!URL.canParse(String(jwksUri))) throw invalidOption(`jwtSessions.jwksUri is not a URL: ${jwksUri}`);
    return remoteKeys(new URL(jwksUri));
  }
  if (typeof keys === "function") return followKeys(keys);
  if (keys !== undefined) return createLocalJWKSet(keys);
  return async () => secret as Uint8Array;
};

/** The key set at an address. One of its keys that cannot be used hinders none of the others (RFC 7517, section 5). */
export const remoteKeys = (url: URL): JWTVerifyGetKey =>
  createRemoteJWKSet(url, {
    [customFetch]: (...request) =>
      fetch(...request).catch((cause: unknown) => {
        throw noKeys(cause);
      }),
  });

/** Follows a key set that rotates; a set is prepared once. */
const followKeys = (keys: () => Promise<JSONWebKeySet>): JWTVerifyGetKey => {
  let current: JSONWebKeySet | undefined;
  let getKey: JWTVerifyGetKey | undefined;
  const follow: JWTVerifyGetKey = async (header, token) => {
    const now = await keys().catch((cause: unknown) => {
      throw noKeys(cause);
    });
    if (getKey === undefined || now !== current) getKey = createLocalJWKSet(now);
    current = now;
    return getKey(header, token);
  };
  return Object.assign(follow, { jwks: () => current });
};

/**
 * Verifies a token with the key that it names. If it names none, or if the set has several of the name: with each that
 * fits, as jose documents `ERR_JWKS_MULTIPLE_MATCHING_KEYS`.
 */
export const verifyToken = async (
  token: string,
  key: JWTVerifyGetKey,
  rules: JWTVerifyOptions,
): Promise<JWTVerifyResult> => {
  try {
    return await jwtVerify(token, key, rules);
  } catch (several) {
    const { code } = several as JoseError;
    if (code !== "ERR_JWKS_MULTIPLE_MATCHING_KEYS") throw several;
    return verifyWithEach(token, several as AsyncIterable<CryptoKey>, rules);
  }
};

const verifyWithEach = async (
  token: string,
  keys: AsyncIterable<CryptoKey>,
  rules: JWTVerifyOptions,
): Promise<JWTVerifyResult> => {
  let failure: unknown;
  for await (const key of keys) {
    try {
      return await jwtVerify(token, key, rules);
    } catch (error) {
      // Its claims are looked at after its signature, so that no other key would do.
      if (/^ERR_JWT_/.test((error as JoseError).code ?? "")) throw error;
      failure = error;
    }
  }
  throw failure;
};
