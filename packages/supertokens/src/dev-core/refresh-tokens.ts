import { createHash } from "node:crypto";
import { EncryptJWT, jwtDecrypt } from "jose";

/** What a refresh token says, to us alone. */
export interface RefreshToken {
  readonly sessionHandle: string;
  /** The hash of the token that it replaced; `null` in the first one of a session. */
  readonly parentRefreshTokenHash1: string | null;
  readonly antiCsrfToken: string | null;
}

/** Seals and opens refresh tokens: nobody else can read or make one. */
export interface RefreshTokens {
  seal(token: RefreshToken): Promise<string>;
  /** `undefined` for what was not sealed here. */
  open(sealed: string): Promise<RefreshToken | undefined>;
}

/** Under a new key, so that no token outlives the process. */
export const createRefreshTokens = (): RefreshTokens => {
  const key = crypto.getRandomValues(new Uint8Array(32));
  return {
    seal: (token) =>
      new EncryptJWT({ ...token })
        .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
        .setJti(crypto.randomUUID())
        .encrypt(key),
    open: async (sealed) => {
      try {
        return (await jwtDecrypt<RefreshToken>(sealed, key)).payload;
      } catch {
        return undefined;
      }
    },
  };
};

/** SHA-256 in hex. */
export const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
