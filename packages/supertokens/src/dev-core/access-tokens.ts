import type { JsonObject } from "@usermeta/core";
import { CdiError } from "@usermeta/core/supertokens";
import {
  type CryptoKey,
  compactVerify,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  SignJWT,
} from "jose";

/** The version of an access token: 4 for the versions of the interface before 4.0, else 5. */
export type AccessTokenVersion = "4" | "5";

/** What an access token says of its session. The claims of the app are at the root beside it. */
export interface SessionClaims {
  readonly sub: string;
  /** There from version 5 on. */
  readonly rsub?: string;
  readonly tId: string;
  readonly sessionHandle: string;
  readonly refreshTokenHash1: string;
  /** The hash of the refresh token that this session's refresh token replaced, until the new one is used. */
  readonly parentRefreshTokenHash1: string | null;
  readonly antiCsrfToken: string | null;
  /** When it was issued and when it ends, in seconds since 1970. */
  readonly iat: number;
  readonly exp: number;
}

/** An access token that was signed here. */
export interface AccessToken {
  readonly version: AccessTokenVersion;
  readonly claims: SessionClaims;
  /** What the app put into it. */
  readonly userData: JsonObject;
  /** Whether a key that rotates signed it. */
  readonly dynamic: boolean;
}

/** Signs and reads access tokens. */
export interface AccessTokens {
  readonly jwks: JSONWebKeySet;
  sign(token: AccessToken): Promise<string>;
  /** Signs claims of the app's own. What it signs is not an access token, and `read` refuses it. */
  signJwt(claims: JsonObject, dynamic: boolean): Promise<string>;
  /** `undefined` for a token that was not signed here. One that has ended is read too. */
  read(token: string): Promise<AccessToken | undefined>;
}

const CLAIMS: Readonly<Record<keyof SessionClaims, true>> = {
  sub: true,
  rsub: true,
  tId: true,
  sessionHandle: true,
  refreshTokenHash1: true,
  parentRefreshTokenHash1: true,
  antiCsrfToken: true,
  iat: true,
  exp: true,
};
const PROTECTED: ReadonlySet<string> = new Set(Object.keys(CLAIMS));

const ALGORITHM = "RS256";

/** @throws CdiError 400 if the app's claims would pass for the session's */
export const checkUserData = (userData: JsonObject): JsonObject => {
  const name = Object.keys(userData).find((key) => PROTECTED.has(key));
  if (name !== undefined)
    throw new CdiError(400, `The user payload contains protected field: ${name}. Choose another name.`);
  return userData;
};

/** Two new keys: one for each kind that the SDK tells by the beginning of its id. */
export const createAccessTokens = async (): Promise<AccessTokens> => {
  const [rotating, fixed] = await Promise.all([createKey("d"), createKey("s")]);
  const jwks = { keys: [rotating.jwk, fixed.jwk] };
  const findKey = createLocalJWKSet(jwks);
  const sign = (claims: object, dynamic: boolean, header: Partial<Pick<AccessToken, "version">> = {}) => {
    const { kid, privateKey } = dynamic ? rotating : fixed;
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: ALGORITHM, typ: "JWT", ...header, kid })
      .sign(privateKey);
  };
  return {
    jwks,
    sign: ({ claims, userData, dynamic, version }) => sign({ ...userData, ...claims }, dynamic, { version }),
    signJwt: (claims, dynamic) => sign(claims, dynamic),
    read: async (token) => {
      try {
        const { payload, protectedHeader } = await compactVerify(token, findKey, { algorithms: [ALGORITHM] });
        const { version, kid } = protectedHeader;
        if (version !== "4" && version !== "5") return undefined;
        const all = JSON.parse(new TextDecoder().decode(payload)) as JsonObject & SessionClaims;
        const entries = Object.entries(all);
        return {
          claims: Object.fromEntries(
            entries.filter(([name]) => PROTECTED.has(name)),
          ) as unknown as SessionClaims,
          userData: Object.fromEntries(entries.filter(([name]) => !PROTECTED.has(name))) as JsonObject,
          dynamic: kid === rotating.kid,
          version,
        };
      } catch {
        return undefined;
      }
    },
  };
};

interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JSONWebKeySet["keys"][number];
}

const createKey = async (kind: "d" | "s"): Promise<SigningKey> => {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM);
  const kid = `${kind}-${crypto.randomUUID()}`;
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: ALGORITHM, use: "sig" } };
};
