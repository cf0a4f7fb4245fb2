export type { ClaimsOptions } from "./claims.ts";
export type { DocumentContent, MetadataDocument, Tier } from "./document.ts";
export { EMPTY_DOCUMENT, TIERS } from "./document.ts";
export type { ErrorCode, ErrorDetails, UserMetadataErrorOptions } from "./errors.ts";
export { ERROR_CODES, UserMetadataError } from "./errors.ts";
export type { CollectedHeaders } from "./http/adapter.ts";
export { addHeaders, attachSession, collectHeaders, getSession, mountAt } from "./http/adapter.ts";
export type { MediaType } from "./http/body.ts";
export { bodyAlreadyRead, bodyTooLarge, requestAborted } from "./http/body-errors.ts";
export { nativeDialect } from "./http/native-dialect.ts";
export type { Outcome } from "./http/outcome.ts";
export { errorOutcome } from "./http/problem.ts";
export type { RequestBody, RequestView, ResponseHeaders } from "./http/request-view.ts";
export type { Dialect, MountedRoute, RouteInfo } from "./http/route.ts";
export type { RoutePattern } from "./http/router.ts";
export type { JsonObject, JsonValue } from "./json.ts";
export { isJsonObject, jsonContains } from "./json.ts";
export type { JwtKeys, JwtSessionsOptions } from "./jwt-sessions.ts";
export { jwtSessions } from "./jwt-sessions.ts";
export { memoryStore } from "./memory-store.ts";
export type { CacheOptions, LimitsOptions, UserMetadataOptions } from "./options.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./schema.ts";
export type { RequestSession, Session, SessionVerifier } from "./session.ts";
export type { Change, FindQuery, FoundDocument, Store } from "./store.ts";
export type { TokenIssuer, TokenIssuerOptions } from "./token-issuer.ts";
export { tokenIssuer } from "./token-issuer.ts";
export type {
  FindOptions,
  FoundUsers,
  JsonPatchOperation,
  MetadataPatch,
  MetadataReplacement,
  MetadataUpdate,
  Schemas,
  TiersOf,
  TierTypes,
  UpdateOptions,
  UserMetadata,
  WriteOptions,
} from "./types.ts";
export type { IssueOptions, MetadataHttp, UserMetadataEngine } from "./user-metadata.ts";
export { createUserMetadata } from "./user-metadata.ts";
export type { SessionRequired, VerifySession, VerifySessionOptions } from "./verify-session.ts";
