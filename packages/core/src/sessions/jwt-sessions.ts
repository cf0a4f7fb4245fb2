import type { JWTHeaderParameters, JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from "jose";
import { isUserId } from "../document/user-id.ts";
import { invalidOption, UserMetadataError } from "../errors.ts";
import { toBearer } from "./bearer.ts";
import { isCanonicalToken } from "./canonical-token.ts";
import { readCookies } from "./cookie.ts";
import { invalidToken, toSessionError } from "./jwt-errors.ts";
import { type JwtKeys, toKey, verifyToken } from "./jwt-keys.ts";
import { withMismatch } from "./mismatch.ts";
import { hasSameOriginProof } from "./same-origin.ts";
import type { Session, SessionVerifier } from "./session.ts";
import { createTokenCache } from "./token-cache.ts";

/** Which tokens are sessions. */
export type JwtSessionsOptions = JwtKeys & {
  /** The `iss` that a token must have. */
  readonly issuer: string;
  /**
   * Also look for the token in this cookie, after `Authorization: Bearer`. A write then needs a same-origin proof. Of
   * several cookies of the name, the first that is valid counts (RFC 6265, section 4.2.2).
   */
  readonly cookie?: string | undefined;
} & JwtRules;

interface JwtRules {
  /** The `aud`, or one of those, that a token must name. Without it, a token that names an audience is refused (RFC 7519, section 4.1.3). */
  readonly audience?: string | readonly string[] | undefined;
  /** The signature algorithms that are accepted. @default ["RS256", "PS256", "ES256", "EdDSA"], with a `secret` ["HS256"] */
  readonly algorithms?: readonly string[] | undefined;
  /**
   * The origins whose tokens and cookie requests are accepted: a token's `azp`, if it has one, must be among them;
   * a cookie session may write from them.
   */
  readonly authorizedParties?: readonly string[] | undefined;
  /** How far the issuer's clock may be off, in seconds: 0 or more. @default 5 */
  readonly clockToleranceSeconds?: number | undefined;
  /**
   * The claim whose value is the user's id. Choose one that the issuer alone sets, and no metadata: neither a name of
   * `claims.template` nor one that begins with `claims.prefix`.
   * @default "sub"
   */
  readonly userIdClaim?: string | undefined;
}

const ASYMMETRIC: readonly string[] = ["RS256", "PS256", "ES256", "EdDSA"];

/**
 * Sessions from JWTs (RFC 7519), by the rules of RFC 8725: algorithms, issuer and audience are explicit; `exp` and
 * the user's id are required, and a token that is not canonical base64url (RFC 7515, section 2) is refused. A token of up
 * to 4,096 bytes that was verified once is not verified again until it expires: revoking a key does not end the sessions
 * whose tokens this process has already seen.
 * @throws UserMetadataError at construction `options_invalid`; when used `token_invalid`, `token_expired`,
 * `token_not_yet_valid`, `origin_refused`, `jwks_unavailable`
 *
 * @example
 * ```ts
 * import { createUserMetadata, jwtSessions, memoryStore } from "@usermeta/core";
 *
 * const sessions = jwtSessions({
 *   issuer: "https://example.eu.auth0.com/",
 *   audience: "https://api.example.com",
 *   jwksUri: "https://example.eu.auth0.com/.well-known/jwks.json",
 * });
 * const metadata = createUserMetadata({ store: memoryStore(), sessions });
 * console.log(metadata.routes[0]?.who); // session
 * ```
 */
export const jwtSessions = (options: JwtSessionsOptions): SessionVerifier => {
  if (!options?.issuer) throw invalidOption("jwtSessions needs issuer, the iss of your tokens");
  const { cookie, ...rules } = options;
  return keyedSessions(toKey(options), { ...rules, ...(cookie !== undefined && { cookies: [cookie] }) });
};

/** What `keyedSessions` goes by. */
export interface KeyedRules extends JwtRules {
  /** Without it, `iss` is not looked at: the key alone says who issued. */
  readonly issuer?: string | undefined;
  readonly secret?: Uint8Array | undefined;
  /** The names of cookies that may hold the token, in their order. */
  readonly cookies?: readonly string[] | undefined;
  /** Why a token is not a session, beyond the rules. */
  readonly findFault?: ((header: JWTHeaderParameters, payload: JWTPayload) => string | undefined) | undefined;
}

/** `jwtSessions` for presets that find the key themselves. */
export const keyedSessions = (key: JWTVerifyGetKey, options: KeyedRules): SessionVerifier => {
  const verify = createVerify(key, options);
  const { cookies = [], authorizedParties = [] } = options;
  return (request) => {
    const header = request.header("authorization") ?? "";
    const bearer = toBearer(header);
    if (bearer !== undefined) return verify(bearer, header);
    const sent = request.header("cookie");
    const tokens = cookies.flatMap((name) => readCookies(sent, name));
    if (tokens.length === 0) return undefined;
    if (!hasSameOriginProof(request, authorizedParties)) throw originRefused();
    return verifyFirst(tokens, verify);
  };
};

type Verify = (token: string, sent: string) => Session | Promise<Session>;

/** The session of the first token that is valid; if none is, the failure of the first. */
const verifyFirst = async (tokens: readonly string[], verify: Verify): Promise<Session> => {
  let failure: { readonly error: unknown } | undefined;
  for (const token of tokens) {
    try {
      return await verify(token, token);
    } catch (error) {
      failure ??= { error };
    }
  }
  throw failure?.error;
};

const createVerify = (key: JWTVerifyGetKey, options: KeyedRules): Verify => {
  const rules = toRules(options);
  const { authorizedParties, audience, userIdClaim = "sub" } = options;
  const cache = createTokenCache<{ readonly session: Session; readonly expiresAt: number }>();
  const findFault = (payload: JWTPayload): string | undefined => {
    const { aud, azp } = payload;
    if (!isUserId(payload[userIdClaim])) return `its "${userIdClaim}" is not a user id`;
    if (audience === undefined && aud !== undefined)
      return 'it names an audience ("aud") and none is configured';
    const foreign = authorizedParties && azp !== undefined && !authorizedParties.includes(azp as string);
    return foreign ? 'its "azp" is not an authorized party' : undefined;
  };
  const verifyAnew = async (token: string, sent: string): Promise<Session> => {
    if (!isCanonicalToken(token)) throw invalidToken("it is not canonical base64url");
    const { payload, protectedHeader } = await verifyToken(token, key, rules).catch((error) => {
      throw withMismatch(toSessionError(error), error, { token, key, rules });
    });
    const fault = findFault(payload) ?? options.findFault?.(protectedHeader, payload);
    if (fault) throw invalidToken(fault);
    const session = toSession(payload, payload[userIdClaim] as string);
    cache.set(sent, { session, expiresAt: (payload.exp as number) * 1000 });
    return session;
  };
  return (token, sent) => cache.get(sent)?.session ?? verifyAnew(token, sent);
};

const toRules = (options: KeyedRules): JWTVerifyOptions => {
  const { issuer, audience, clockToleranceSeconds = 5, userIdClaim = "sub" } = options;
  if (!Number.isFinite(clockToleranceSeconds) || clockToleranceSeconds < 0)
    throw invalidOption(`jwtSessions.clockToleranceSeconds is ${clockToleranceSeconds}; give 0 or more`);
  return {
    ...(issuer && { issuer }),
    algorithms: toAlgorithms(options),
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ["exp", userIdClaim],
    ...(audience !== undefined && { audience: [audience].flat() as string[] }),
  };
};

const toAlgorithms = ({ secret, algorithms = secret ? ["HS256"] : ASYMMETRIC }: KeyedRules): string[] => {
  if (secret && !ArrayBuffer.isView(secret))
    throw invalidOption("jwtSessions.secret is a text; pass its bytes: new TextEncoder().encode(secret)");
  const wrong = algorithms.find((algorithm) =>
    secret ? !/^HS(256|384|512)$/.test(algorithm) : /^HS|^none$/.test(algorithm),
  );
  if (wrong !== undefined || algorithms.length === 0) {
    throw invalidOption(`jwtSessions.algorithms has ${wrong}; HS256 goes with a secret, others with keys`);
  }
  for (const algorithm of secret ? algorithms : []) {
    const bytes = Number(algorithm.slice(2)) / 8;
    if (secret && secret.length < bytes)
      throw invalidOption(`jwtSessions' secret has ${secret.length} bytes; ${algorithm} needs ${bytes}`);
  }
  return [...algorithms];
};

const toSession = (payload: JWTPayload, userId: string): Session => {
  const { sid, sessionHandle, jti, tId } = freeze(payload);
  return {
    getUserId: () => userId,
    getTenantId: () => text(tId) ?? "public",
    getHandle: () => text(sid) ?? text(sessionHandle) ?? text(jti) ?? "",
    getAccessTokenPayload: () => payload,
  };
};

/** At every level: one payload is handed to many requests. Without recursion, however deep it is. */
const freeze = <T extends object>(root: T): T => {
  const found: unknown[] = [root];
  for (const each of found)
    if (typeof each === "object" && each !== null) found.push(...Object.values(Object.freeze(each)));
  return root;
};

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const originRefused = (): UserMetadataError =>
  new UserMetadataError(
    "origin_refused",
    "A write with a session cookie needs its origin proven. Send it from the app's pages, or list the origin in authorizedParties.",
  );
