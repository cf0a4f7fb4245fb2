import {
  createLocalJWKSet,
  createRemoteJWKSet,
  type JSONWebKeySet,
  type JWTHeaderParameters,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from "jose";
import { isUserId } from "../document/user-id.ts";
import { invalidOption, UserMetadataError } from "../errors.ts";
import { toBearer } from "./bearer.ts";
import { readCookie } from "./cookie.ts";
import { invalidToken, toSessionError } from "./jwt-errors.ts";
import { hasSameOriginProof } from "./same-origin.ts";
import type { Session, SessionVerifier } from "./session.ts";

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
  /** A shared secret of at least 32 bytes, for HS256, HS384 and HS512 alone. */
  | { readonly secret: Uint8Array; readonly jwksUri?: undefined; readonly keys?: undefined };

/** Which tokens are sessions. */
export type JwtSessionsOptions = JwtKeys & {
  /** The `iss` that a token must have. */
  readonly issuer: string;
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
  /** How far the issuer's clock may be off, in seconds. @default 5 */
  readonly clockToleranceSeconds?: number | undefined;
  /** Also look for the token in this cookie, after `Authorization: Bearer`. A write then needs a same-origin proof. */
  readonly cookie?: string | undefined;
}

const ASYMMETRIC: readonly string[] = ["RS256", "PS256", "ES256", "EdDSA"];
const MAX_CACHED_TOKENS = 10_000;
/** The end of a token is of its signature: a key that is cheap to make and to hash. The whole is compared. */
const CACHE_KEY_LENGTH = 12;

/**
 * Sessions from JWTs (RFC 7519), by the rules of RFC 8725: algorithms, issuer and audience are explicit; `exp` and
 * `sub` are required. A token once verified is not verified again until it expires: revoking a key does not end the
 * sessions whose tokens this process has already seen.
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
  if (!options.issuer) throw invalidOption("jwtSessions needs issuer, the iss of your tokens");
  return keyedSessions(toKey(options), options);
};

/** What `keyedSessions` goes by. */
export interface KeyedRules extends JwtRules {
  /** Without it, `iss` is not looked at: the key alone says who issued. */
  readonly issuer?: string | undefined;
  readonly secret?: Uint8Array | undefined;
  /** Why a token is not a session, beyond the rules. */
  readonly findFault?: ((header: JWTHeaderParameters, payload: JWTPayload) => string | undefined) | undefined;
}

/** `jwtSessions` for presets that find the key themselves. */
export const keyedSessions = (key: JWTVerifyGetKey, options: KeyedRules): SessionVerifier => {
  const verify = createVerify(key, options);
  const { cookie, authorizedParties = [] } = options;
  return (request) => {
    const header = request.header("authorization") ?? "";
    const bearer = toBearer(header);
    if (bearer !== undefined) return verify(bearer, header);
    const token = cookie === undefined ? undefined : readCookie(request.header("cookie"), cookie);
    if (!token) return undefined;
    if (!hasSameOriginProof(request, authorizedParties)) throw originRefused();
    return verify(token, token);
  };
};

const createVerify = (
  key: JWTVerifyGetKey,
  options: KeyedRules,
): ((token: string, sent: string) => Session | Promise<Session>) => {
  const rules = toRules(options);
  const { authorizedParties, audience } = options;
  // By what was sent and not by the token in it: a string that was cut out of another is slower to compare.
  const cache = new Map<string, { readonly sent: string; readonly session: Session }>();
  const findFault = ({ aud, azp, sub }: JWTPayload): string | undefined => {
    if (!isUserId(sub)) return 'its "sub" is not a user id';
    if (audience === undefined && aud !== undefined)
      return 'it names an audience ("aud") and none is configured';
    const foreign = authorizedParties && azp !== undefined && !authorizedParties.includes(azp as string);
    return foreign ? 'its "azp" is not an authorized party' : undefined;
  };
  const verifyAnew = async (token: string, sent: string): Promise<Session> => {
    const { payload, protectedHeader } = await jwtVerify(token, key, rules).catch((error) => {
      throw toSessionError(error);
    });
    const fault = findFault(payload) ?? options.findFault?.(protectedHeader, payload);
    if (fault) throw invalidToken(fault);
    const session = toSession(payload);
    if (cache.size === MAX_CACHED_TOKENS) cache.delete(cache.keys().next().value as string);
    cache.set(sent.slice(-CACHE_KEY_LENGTH), { sent, session });
    return session;
  };
  return (token, sent) => {
    const known = cache.get(sent.slice(-CACHE_KEY_LENGTH));
    if (known?.sent !== sent) return verifyAnew(token, sent);
    if ((known.session.getAccessTokenPayload().exp as number) * 1000 > Date.now()) return known.session;
    cache.delete(sent.slice(-CACHE_KEY_LENGTH));
    return verifyAnew(token, sent);
  };
};

const toKey = ({ jwksUri, keys, secret }: JwtKeys): JWTVerifyGetKey => {
  if ([jwksUri, keys, secret].filter((source) => source !== undefined).length !== 1) {
    throw invalidOption("jwtSessions needs exactly one of jwksUri, keys and secret");
  }
  if (jwksUri !== undefined) {
    if (!URL.canParse(String(jwksUri))) throw invalidOption(`jwtSessions.jwksUri is not a URL: ${jwksUri}`);
    return createRemoteJWKSet(new URL(jwksUri));
  }
  if (typeof keys === "function") return followKeys(keys);
  if (keys !== undefined) return createLocalJWKSet(keys);
  return async () => secret as Uint8Array;
};

/** Follows a key set that rotates; a set is prepared once. */
const followKeys = (keys: () => Promise<JSONWebKeySet>): JWTVerifyGetKey => {
  let current: JSONWebKeySet | undefined;
  let getKey: JWTVerifyGetKey | undefined;
  return async (header, token) => {
    const now = await keys();
    if (getKey === undefined || now !== current) getKey = createLocalJWKSet(now);
    current = now;
    return getKey(header, token);
  };
};

const toRules = (options: KeyedRules): JWTVerifyOptions => {
  const { issuer, audience, secret, clockToleranceSeconds = 5 } = options;
  if (secret && secret.length < 32) throw invalidOption("jwtSessions' secret is shorter than 32 bytes");
  const algorithms = options.algorithms ?? (secret ? ["HS256"] : ASYMMETRIC);
  const wrong = algorithms.find(
    (algorithm) => /^HS\d+$/.test(algorithm) !== Boolean(secret) || algorithm === "none",
  );
  if (wrong !== undefined || algorithms.length === 0) {
    throw invalidOption(`jwtSessions.algorithms has ${wrong}; HS256 goes with a secret, others with keys`);
  }
  return {
    ...(issuer && { issuer }),
    algorithms: [...algorithms],
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ["exp", "sub"],
    ...(audience !== undefined && { audience: [audience].flat() as string[] }),
  };
};

const toSession = (payload: JWTPayload): Session => {
  const { sub, sid, sessionHandle, jti, tId } = Object.freeze(payload);
  return {
    getUserId: () => sub as string,
    getTenantId: () => text(tId) ?? "public",
    getHandle: () => text(sid) ?? text(sessionHandle) ?? text(jti) ?? "",
    getAccessTokenPayload: () => payload,
  };
};

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const originRefused = (): UserMetadataError =>
  new UserMetadataError(
    "origin_refused",
    "A write with a session cookie needs its origin proven. Send it from the app's pages, or list the origin in authorizedParties.",
  );
