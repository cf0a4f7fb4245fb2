/** The users of the benchmarks, their tokens, and what they send. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from "jose";

export const ISSUER = "https://sign-in.example";
export const AUDIENCE = "https://api.example";

/** What every process reads from the folder of the run: the key set, and a token for each user. */
export interface Users {
  readonly jwks: JSONWebKeySet;
  readonly tokens: readonly string[];
}

export const userId = (index: number): string => `user-${String(index).padStart(5, "0")}`;

/** A small update, which names its user so that an answer can be told from another user's. */
export const settings = (index: number): { [key: string]: string | number | boolean } => ({
  name: userId(index),
  theme: index % 2 === 0 ? "dark" : "light",
  fontSize: 12 + (index % 8),
  sidebar: true,
});

/** Signs ES256 tokens for the users from 0 to `count` and leaves them in a folder. */
export async function makeUsers(folder: string, count: number): Promise<void> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), alg: "ES256", kid: "bench", use: "sig" }] };
  const sign = (_: unknown, index: number): Promise<string> =>
    new SignJWT({ sid: `session-${index}`, tId: "public" })
      .setProtectedHeader({ alg: "ES256", kid: "bench", typ: "JWT" })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(userId(index))
      .setIssuedAt()
      .setExpirationTime("1h")
      .sign(privateKey);
  const tokens = await Promise.all(Array.from({ length: count }, sign));
  writeFileSync(join(folder, "users.json"), JSON.stringify({ jwks, tokens } satisfies Users));
}

export const readUsers = (folder: string): Users =>
  JSON.parse(readFileSync(join(folder, "users.json"), "utf8"));
