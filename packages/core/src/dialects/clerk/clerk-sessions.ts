import { importSPKI, type JWTHeaderParameters, type JWTPayload, type JWTVerifyGetKey } from "jose";
import { toUtf8 } from "../../document/json.ts";
import { invalidOption, UserMetadataError } from "../../errors.ts";
import { remoteKeys } from "../../sessions/jwt-keys.ts";
import { keyedSessions } from "../../sessions/jwt-sessions.ts";
import type { SessionVerifier } from "../../sessions/session.ts";

/** Whose tokens are sessions. One of `issuer` and `jwtKey` is needed. */
export interface ClerkSessionsOptions {
  /** Your Frontend API, `https://….clerk.accounts.dev` say: the `iss` of the tokens. Without `jwtKey`, its keys are fetched. */
  readonly issuer?: string | undefined;
  /** The PEM public key of your instance: tokens are then verified with no call to Clerk. */
  readonly jwtKey?: string | undefined;
  /** The origins of your front ends: a token's `azp`, if it has one, must be among them. Recommended. @default any */
  readonly authorizedParties?: readonly string[] | undefined;
  /** Also look for the cookie that Clerk names after this key. Needed if several instances share a domain. */
  readonly publishableKey?: string | undefined;
}

const COOKIE = "__session";

/**
 * Sessions of those who sign in with Clerk: its session tokens from `Authorization: Bearer`, or from the cookie
 * `__session`, with which a write needs a same-origin proof. Of several cookies the first that is valid counts. RS256
 * alone, 5 s of clock tolerance. A pending session, whose user has tasks to finish, does not count, as at Clerk.
 * @throws UserMetadataError at construction `options_invalid`; when used those of `jwtSessions`, and `session_missing`
 * for a pending session
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { clerkSessions } from "@usermeta/core/clerk";
 *
 * const metadata = createUserMetadata({
 *   store: memoryStore(),
 *   sessions: clerkSessions({
 *     issuer: "https://clerk.example.com",
 *     authorizedParties: ["https://example.com"],
 *   }),
 * });
 * console.log(metadata.routes[0]?.who); // session
 * ```
 */
export const clerkSessions = (options: ClerkSessionsOptions = {}): SessionVerifier => {
  const { publishableKey } = options;
  const common = createSessions(options);
  const suffixed = publishableKey && toSuffix(publishableKey);
  const verifier = suffixed
    ? suffixed.then((suffix) => common([`${COOKIE}_${suffix}`, COOKIE]))
    : common([COOKIE]);
  return async (request) => {
    const session = await (await verifier)(request);
    if (session?.getAccessTokenPayload().sts === "pending") throw pending();
    return session;
  };
};

const createSessions = (options: ClerkSessionsOptions): ((cookies: readonly string[]) => SessionVerifier) => {
  const { jwtKey, authorizedParties } = options;
  const issuer = options.issuer?.replace(/\/+$/, "");
  const key = jwtKey ? importKey(jwtKey) : remoteKeys(toJwksUri(issuer));
  const rules = { issuer, algorithms: ["RS256"], findFault, ...(authorizedParties && { authorizedParties }) };
  return (cookies) => keyedSessions(key, { ...rules, cookies });
};

const toJwksUri = (issuer: string | undefined): URL => {
  if (!issuer) throw invalidOption("clerkSessions needs issuer, your Frontend API, or jwtKey");
  if (URL.canParse(issuer)) return new URL(`${issuer}/.well-known/jwks.json`);
  throw invalidOption(`clerkSessions.issuer is not a URL: ${issuer}; it begins with https://`);
};

/** An instance signs other tokens with the same key: of OAuth applications (`at+jwt`), of machines (`mch_…`). */
const findFault = ({ typ }: JWTHeaderParameters, { sub }: JWTPayload): string | undefined => {
  if (typ !== undefined && typ.toUpperCase() !== "JWT") return `its "typ" is ${JSON.stringify(typ)}`;
  return sub?.startsWith("mch_") ? "it is a machine's" : undefined;
};

const importKey = (pem: string): JWTVerifyGetKey => {
  // In an environment variable line breaks are often written as \n.
  const text = pem.replaceAll("\\n", "\n").trim();
  if (!/^-----BEGIN PUBLIC KEY-----\s[\s\S]+\s-----END PUBLIC KEY-----$/.test(text))
    throw invalidOption("clerkSessions.jwtKey is not a PEM; it begins with -----BEGIN PUBLIC KEY-----");
  const key = importSPKI(text, "RS256").catch((cause) => {
    throw new UserMetadataError("options_invalid", "clerkSessions.jwtKey is not an RSA public key.", {
      cause,
    });
  });
  // A failure is told by each call; without a handler here it would end the process first.
  key.catch(() => undefined);
  return () => key;
};

/** As Clerk names its cookies: after the key's SHA-1, which protects nothing here. */
const toSuffix = async (publishableKey: string): Promise<string> => {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", toUtf8(publishableKey)));
  const base64 = btoa(String.fromCharCode(...digest));
  return base64.replaceAll("+", "-").replaceAll("/", "_").slice(0, 8);
};

const pending = (): UserMetadataError =>
  new UserMetadataError(
    "session_missing",
    "The session is pending: its user has tasks to finish at the sign-in, such as to choose an organization.",
  );
