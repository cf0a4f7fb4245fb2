import { randomUUID } from "node:crypto";
import type { JsonObject } from "@usermeta/core";
import {
  type AccessToken,
  type AccessTokens,
  type AccessTokenVersion,
  checkUserData,
  createAccessTokens,
  type SessionClaims,
} from "./access-tokens.ts";
import { createRefreshTokens, hash, type RefreshTokens } from "./refresh-tokens.ts";
import type {
  NewJwt,
  NewSession,
  Refresh,
  SessionData,
  SessionLifetimes,
  Verification,
} from "./session-calls.ts";
import { type StoredSession, StoredSessions } from "./stored-sessions.ts";

/** A token as the interface has it; times in ms since 1970. */
interface TokenInfo {
  readonly token: string;
  readonly expiry: number;
  readonly createdTime: number;
}

/** A session's tokens, or the refresh token that they are made from. */
interface Issue {
  readonly version: AccessTokenVersion;
  readonly parent: string | null;
  readonly dynamic: boolean;
  readonly antiCsrf: boolean;
}

/**
 * The sessions of a core, in memory. A refresh token may be used until the next one, or an access token that came with
 * that, is used; after that it is taken for stolen.
 */
export class Sessions {
  readonly #lifetimes: SessionLifetimes;
  readonly #accessTokens: AccessTokens;
  readonly #refreshTokens: RefreshTokens = createRefreshTokens();
  readonly #stored: StoredSessions;

  private constructor(lifetimes: SessionLifetimes, accessTokens: AccessTokens) {
    this.#lifetimes = lifetimes;
    this.#accessTokens = accessTokens;
    this.#stored = new StoredSessions(lifetimes);
  }

  /** With keys of its own. */
  static async create(lifetimes: SessionLifetimes): Promise<Sessions> {
    return new Sessions(lifetimes, await createAccessTokens());
  }

  /** The keys that access tokens are signed with. */
  get jwks(): AccessTokens["jwks"] {
    return this.#accessTokens.jwks;
  }

  /** Begins a session. */
  async start(begin: NewSession): Promise<object> {
    const { userId, tenantId, userDataInDatabase } = begin;
    const userDataInJWT = checkUserData(begin.userDataInJWT);
    const session = this.#stored.create({ userId, tenantId, userDataInJWT, userDataInDatabase });
    const { refreshToken, ...issued } = await this.#issue(session, {
      version: begin.version,
      parent: null,
      dynamic: begin.useDynamicSigningKey,
      antiCsrf: begin.enableAntiCsrf,
    });
    session.refreshTokenHash2 = hash(hash(refreshToken.token));
    this.#stored.add(session);
    return { ...issued, refreshToken };
  }

  /** Verifies an access token; one that came with a refresh is exchanged at its first use. */
  async verify({ accessToken, antiCsrfToken, checkAntiCsrf, checkDatabase }: Verification): Promise<object> {
    const token = await this.#accessTokens.read(accessToken);
    if (!token) return tryRefresh("The access token was not signed by this core");
    const { claims, userData } = token;
    if (claims.exp * 1000 <= this.#lifetimes.now()) return tryRefresh("The access token has expired");
    if (checkAntiCsrf && claims.antiCsrfToken !== antiCsrfToken) return tryRefresh("anti-csrf check failed");
    const parent = claims.parentRefreshTokenHash1;
    if (parent === null && !checkDatabase) return ok({ session: toSession(claims, userData) });
    const session = this.#stored.find(claims.sessionHandle);
    if (!session) return unauthorised("Either the session has ended or has been blacklisted");
    const isCurrent = session.refreshTokenHash2 === hash(claims.refreshTokenHash1);
    const isNext = parent !== null && session.refreshTokenHash2 === hash(parent);
    if (parent === null || !(isCurrent || isNext)) return ok({ session: toSession(claims, userData) });
    if (isNext) this.#stored.promote(session, claims.refreshTokenHash1);
    const { userDataInJWT } = session;
    const exchanged = {
      ...token,
      userData: userDataInJWT,
      claims: { ...claims, ...this.#period(), parentRefreshTokenHash1: null },
    };
    return ok({ session: toSession(claims, userDataInJWT), accessToken: await this.#sign(exchanged) });
  }

  /** Exchanges a refresh token for new tokens. */
  async refresh(refresh: Refresh): Promise<object> {
    const { refreshToken, antiCsrfToken, enableAntiCsrf } = refresh;
    const token = await this.#refreshTokens.open(refreshToken);
    const session = token && this.#stored.find(token.sessionHandle);
    if (!token || !session)
      return unauthorised("The refresh token is not one of this core, or its session has ended");
    if (enableAntiCsrf && token.antiCsrfToken !== null && token.antiCsrfToken !== antiCsrfToken)
      return unauthorised("Anti CSRF token missing, or not matching");
    const hash1 = hash(refreshToken);
    const parent = token.parentRefreshTokenHash1;
    if (parent !== null && session.refreshTokenHash2 === hash(parent)) this.#stored.promote(session, hash1);
    if (session.refreshTokenHash2 !== hash(hash1)) {
      const { handle, userId } = session;
      const stolen = { handle, userId, ...recipeUser(userId, refresh.version) };
      return { status: "TOKEN_THEFT_DETECTED", session: stolen };
    }
    return this.#issue(session, {
      version: refresh.version,
      parent: hash1,
      dynamic: refresh.useDynamicSigningKey,
      antiCsrf: enableAntiCsrf,
    });
  }

  /** Changes what an app put into the tokens of a session; without it, issues the access token anew. */
  async regenerate(accessToken: string, userDataInJWT: JsonObject | undefined): Promise<object> {
    const token = await this.#accessTokens.read(accessToken);
    const session = token && this.#stored.find(token.claims.sessionHandle);
    if (!token || !session)
      return unauthorised("The access token is not one of this core, or its session has ended");
    if (userDataInJWT) session.userDataInJWT = checkUserData(userDataInJWT);
    const userData = session.userDataInJWT;
    const { claims } = token;
    const answer = { session: toSession(claims, userData) };
    if (claims.exp * 1000 <= this.#lifetimes.now()) return ok(answer);
    return ok({ ...answer, accessToken: await this.#sign({ ...token, userData }) });
  }

  /** What is kept of a session. */
  information(handle: string, version: AccessTokenVersion): object {
    const session = this.#stored.find(handle);
    if (!session) return unauthorised("Session does not exist.");
    const { refreshTokenHash2: _, handle: sessionHandle, userId, ...rest } = session;
    return ok({ sessionHandle, userId, ...recipeUser(userId, version), ...rest });
  }

  /** Replaces data of a session. */
  replaceData(handle: string, data: SessionData): object {
    const session = this.#stored.find(handle);
    if (!session) return unauthorised("Session does not exist.");
    checkUserData(data.userDataInJWT ?? {});
    Object.assign(session, data);
    return ok({});
  }

  /** The handles of a user's sessions, of one tenant or of all. */
  handlesOf(userId: string, tenantId: string | undefined): readonly string[] {
    return this.#stored.handlesOf(userId, tenantId);
  }

  /** Ends sessions; answers those that there were. */
  remove(handles: readonly string[]): readonly string[] {
    return this.#stored.remove(handles);
  }

  /** Signs claims of the app's own. */
  async signJwt({ payload, issuer, validitySeconds, dynamic }: NewJwt): Promise<object> {
    const claims = { ...payload, iss: issuer, ...this.#period(validitySeconds) };
    return ok({ jwt: await this.#accessTokens.signJwt(claims, dynamic) });
  }

  async #issue(session: StoredSession, { version, parent, dynamic, antiCsrf }: Issue) {
    const { handle, userId, tenantId, userDataInJWT } = session;
    const antiCsrfToken = antiCsrf ? randomUUID() : null;
    const sealed = await this.#refreshTokens.seal({
      sessionHandle: handle,
      parentRefreshTokenHash1: parent,
      antiCsrfToken,
    });
    const claims: SessionClaims = {
      ...this.#period(),
      sub: userId,
      ...(version === "5" && { rsub: userId }),
      tId: tenantId,
      sessionHandle: handle,
      refreshTokenHash1: hash(sealed),
      parentRefreshTokenHash1: parent,
      antiCsrfToken,
    };
    const accessToken = await this.#sign({ version, claims, userData: userDataInJWT, dynamic });
    const { createdTime } = accessToken;
    return {
      status: "OK",
      session: toSession(claims, userDataInJWT),
      accessToken,
      refreshToken: { token: sealed, expiry: this.#stored.expiryFrom(createdTime), createdTime },
      ...(antiCsrfToken !== null && { antiCsrfToken }),
    };
  }

  async #sign(token: AccessToken): Promise<TokenInfo> {
    const { exp } = token.claims;
    return {
      token: await this.#accessTokens.sign(token),
      expiry: exp * 1000,
      createdTime: this.#lifetimes.now(),
    };
  }

  #period(seconds = this.#lifetimes.accessTokenValiditySeconds): Pick<SessionClaims, "iat" | "exp"> {
    const iat = Math.floor(this.#lifetimes.now() / 1000);
    return { iat, exp: iat + seconds };
  }
}

const ok = (answer: object): object => ({ status: "OK", ...answer });
const tryRefresh = (message: string): object => ({ status: "TRY_REFRESH_TOKEN", message });
const unauthorised = (message: string): object => ({ status: "UNAUTHORISED", message });

/** There since the version of the interface that brought access tokens of version 5. */
const recipeUser = (userId: string, version: AccessTokenVersion): object =>
  version === "5" ? { recipeUserId: userId } : {};

const toSession = ({ sessionHandle, sub, rsub, tId }: SessionClaims, userDataInJWT: JsonObject): object => ({
  handle: sessionHandle,
  userId: sub,
  ...(rsub !== undefined && { recipeUserId: rsub }),
  tenantId: tId,
  userDataInJWT,
});
