import type { JsonObject } from "@usermeta/core";
import type { AccessTokenVersion } from "./access-tokens.ts";
import type { NewStoredSession, SessionLifetime, StoredSession } from "./stored-sessions.ts";

/** How long tokens last, and by which clock. */
export interface SessionLifetimes extends SessionLifetime {
  readonly accessTokenValiditySeconds: number;
}

/** What a session begins with. */
export interface NewSession extends NewStoredSession {
  readonly version: AccessTokenVersion;
  readonly useDynamicSigningKey: boolean;
  readonly enableAntiCsrf: boolean;
}

/** An access token and what to check of it. */
export interface Verification {
  readonly accessToken: string;
  readonly antiCsrfToken: string | undefined;
  readonly checkAntiCsrf: boolean;
  readonly checkDatabase: boolean;
}

/** A refresh token and how to go on. */
export interface Refresh {
  readonly version: AccessTokenVersion;
  readonly refreshToken: string;
  readonly antiCsrfToken: string | undefined;
  readonly enableAntiCsrf: boolean;
  readonly useDynamicSigningKey: boolean;
}

/** The data of a session that can be replaced. */
export type SessionData = Partial<Pick<StoredSession, "userDataInJWT" | "userDataInDatabase">>;

/** A JWT of the app's own claims. */
export interface NewJwt {
  readonly payload: JsonObject;
  readonly issuer: string;
  readonly validitySeconds: number;
  readonly dynamic: boolean;
}
