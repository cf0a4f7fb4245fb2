import type { RequestView } from "../transport/request-view.ts";

/** Who is calling. The names are those of SuperTokens' session container, so that its users find them. */
export interface Session {
  /** The user's id: from the verified session alone, never from a body or a query. */
  getUserId(): string;
  /** The tenant the session belongs to; `"public"` if the token names none. */
  getTenantId(): string;
  /** The session's own id (`sid`, `sessionHandle` or `jti` of the token); `""` if the token has none. */
  getHandle(): string;
  /** The verified claims of the access token. Frozen, at every level, by the verifiers of this package. */
  getAccessTokenPayload(): Readonly<Record<string, unknown>>;
}

/**
 * Looks for a session on a request. Resolves to `undefined` if the request carries no credentials of the
 * verifier's kind; throws a `UserMetadataError` with a 401 or 403 code if it carries bad ones.
 */
export type SessionVerifier = (request: RequestView) => Session | undefined | Promise<Session | undefined>;
