import { createHmac, createPublicKey } from "node:crypto";
import type { CryptoKey, JWK, JWTPayload } from "jose";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

/** The issuer that the suite's engines accept. */
export const ISSUER = "https://issuer.test";
/** The audience that they accept. */
export const AUDIENCE = "conformance";
/** The authorized party: its `azp`, and the foreign origin that a cookie session may write from. */
export const AUTHORIZED_PARTY = "https://app.test";
const KEY_ID = "conformance-key";

/** What a token may deviate in from a good one. An explicit `undefined` leaves the claim out. */
export interface TokenChange {
  readonly claims?: JWTPayload;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Signs with a key that the engine does not know, under the name of the one it knows. */
  readonly stranger?: boolean;
}

/** Signs tokens, good and bad. */
export interface Tokens {
  /** The public half, for the engine's verifier. */
  readonly publicKey: JWK;
  /** A token that is good but for the changes; it expires in 5 minutes. */
  sign(userId: string, change?: TokenChange): Promise<string>;
  /** An unsigned token, `alg` as given, with an empty signature. */
  unsigned(userId: string, algorithm: string): string;
  /** An HS256 token whose secret is the public key, as PEM or as JWK: the algorithm confusion. */
  confused(userId: string, secret: "pem" | "jwk"): string;
}

interface KeyPair {
  readonly own: CryptoKey;
  readonly stranger: CryptoKey;
  readonly publicKey: JWK;
}

/** Seconds since 1970. */
export const nowSeconds = (): number => Math.floor(Date.now() / 1000);

const goodClaims = (userId: string): JWTPayload => ({
  sub: userId,
  iss: ISSUER,
  aud: AUDIENCE,
  iat: nowSeconds(),
  exp: nowSeconds() + 300,
});

/** base64url of JSON: one part of a token made by hand. */
export const encodePart = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString("base64url");

const makeKeys = async (): Promise<KeyPair> => {
  const [own, stranger] = await Promise.all([generateKeyPair("ES256"), generateKeyPair("ES256")]);
  const publicKey = { ...(await exportJWK(own.publicKey)), kid: KEY_ID, alg: "ES256", use: "sig" };
  return { own: own.privateKey, stranger: stranger.privateKey, publicKey };
};

const sign = async (keys: KeyPair, userId: string, change: TokenChange = {}): Promise<string> => {
  const header = { alg: "ES256", typ: "JWT", kid: KEY_ID, ...change.header };
  const claims = { ...goodClaims(userId), ...change.claims };
  return new SignJWT(claims).setProtectedHeader(header).sign(change.stranger ? keys.stranger : keys.own);
};

const confused = (publicKey: JWK, userId: string, secret: "pem" | "jwk"): string => {
  const pem = createPublicKey({ key: { ...publicKey }, format: "jwk" }).export({
    format: "pem",
    type: "spki",
  });
  const signed = `${encodePart({ alg: "HS256", typ: "JWT", kid: KEY_ID })}.${encodePart(goodClaims(userId))}`;
  const hmac = createHmac("sha256", secret === "pem" ? pem : JSON.stringify(publicKey));
  return `${signed}.${hmac.update(signed).digest("base64url")}`;
};

/** Makes the suite's keys. */
export const createTokens = async (): Promise<Tokens> => {
  const keys = await makeKeys();
  return {
    publicKey: keys.publicKey,
    sign: (userId, change) => sign(keys, userId, change),
    unsigned: (userId, algorithm) =>
      `${encodePart({ alg: algorithm, typ: "JWT" })}.${encodePart(goodClaims(userId))}.`,
    confused: (userId, secret) => confused(keys.publicKey, userId, secret),
  };
};
