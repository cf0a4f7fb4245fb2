import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  SignJWT,
} from "jose";
import { invalidOption } from "../errors.ts";

/** A key of a token issuer. */
export interface SigningKey {
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
  /** When its last token has expired, in ms; never for a key that signs or was given to be published. */
  readonly retiredAt: number;
}

/** Makes keys of JWKs, or a new one if there are none. @throws UserMetadataError `options_invalid` */
export const prepareKeys = async (keys: readonly JWK[], algorithm: string): Promise<SigningKey[]> =>
  keys.length === 0
    ? [await prepare(undefined, algorithm)]
    : await Promise.all(keys.map((key) => prepare(key, algorithm)));

/** The public members of a JWK by its `kty` (RFC 7518, section 6; RFC 8037, section 2). Nothing else is published. */
const PUBLIC_MEMBERS: Readonly<Record<string, readonly (keyof JWK)[]>> = {
  EC: ["kty", "crv", "x", "y"],
  OKP: ["kty", "crv", "x"],
  RSA: ["kty", "n", "e"],
};

const prepare = async (key: JWK | undefined, algorithm: string): Promise<SigningKey> => {
  const jwk = key ?? (await exportJWK((await generateKeyPair(algorithm, { extractable: true })).privateKey));
  const members = PUBLIC_MEMBERS[jwk.kty ?? ""];
  if (members === undefined || jwk.d === undefined) {
    throw invalidOption(
      "A key of tokenIssuer is not a private JWK, which has a d, of the kty EC, OKP or RSA",
    );
  }
  const open = Object.fromEntries(members.map((name) => [name, jwk[name]])) as JWK;
  const kid = jwk.kid ?? (await calculateJwkThumbprint(open));
  return {
    privateKey: (await importJWK(jwk, algorithm)) as CryptoKey,
    publicJwk: { ...open, kid, alg: algorithm, use: "sig" },
    retiredAt: Number.POSITIVE_INFINITY,
  };
};

/** Signs a payload as a JWT (RFC 7519). */
export const signJwt = ({ privateKey, publicJwk }: SigningKey, payload: JWTPayload): Promise<string> =>
  new SignJWT(payload)
    .setProtectedHeader({ alg: publicJwk.alg as string, typ: "JWT", kid: publicJwk.kid as string })
    .sign(privateKey);
