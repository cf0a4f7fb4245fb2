export type { UpdateInfo } from "./dialects/native/changes.ts";
export type { NativeDialectOptions } from "./dialects/native/native-dialect.ts";
export { nativeDialect } from "./dialects/native/native-dialect.ts";
export type { Actor, Author, AuthorOptions } from "./document/actor.ts";
export type { DocumentContent, MetadataDocument, Tier } from "./document/document.ts";
export { EMPTY_DOCUMENT, TIERS } from "./document/document.ts";
export type {
  DiffOptions,
  ErasureReceipt,
  FollowedEntry,
  FollowOptions,
  HistoryChange,
  HistoryEntry,
  HistoryOptions,
  HistoryPage,
  OwnHistoryEntry,
  OwnHistoryPage,
  PastMetadata,
  PastOptions,
  RollbackOptions,
  UserExport,
  WholeEntry,
} from "./document/history-types.ts";
export type { JsonObject, JsonValue } from "./document/json.ts";
export { isJsonObject, jsonContains } from "./document/json.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./document/schema.ts";
export type {
  FindOptions,
  FoundUsers,
  JsonPatchOperation,
  MetadataPatch,
  MetadataReplacement,
  MetadataUpdate,
  MoveOptions,
  Schemas,
  TiersOf,
  TierTypes,
  UpdateOptions,
  UserMetadata,
  WriteOptions,
} from "./document/types.ts";
export type { ErrorCode, ErrorDetails, UserMetadataErrorOptions } from "./errors.ts";
export { ERROR_CODES, UserMetadataError, wholeOf } from "./errors.ts";
export type { AdminKeys } from "./http/admin-keys.ts";
export type { MediaType } from "./http/body.ts";
export { checkEngine, mountAt } from "./http/mount.ts";
export { parseJson } from "./http/parse-json.ts";
export { errorOutcome } from "./http/problem.ts";
export type { Dialect, MountedRoute, RouteInfo } from "./http/route.ts";
export type { RoutePattern } from "./http/router.ts";
export type { CacheOptions, HistoryKeepingOptions, LimitsOptions, UserMetadataOptions } from "./options.ts";
export { attachSession, getSession } from "./sessions/attached-session.ts";
export { isCanonicalToken } from "./sessions/canonical-token.ts";
export type { JwtKeys } from "./sessions/jwt-keys.ts";
export type { JwtSessionsOptions } from "./sessions/jwt-sessions.ts";
export { jwtSessions } from "./sessions/jwt-sessions.ts";
export type { TokenMismatch } from "./sessions/mismatch.ts";
export type { Session, SessionVerifier } from "./sessions/session.ts";
export type { TokenCache } from "./sessions/token-cache.ts";
export { createTokenCache } from "./sessions/token-cache.ts";
export type { SessionRequired, VerifySession, VerifySessionOptions } from "./sessions/verify-session.ts";
export type { EntryQuery, Journal, PlacedEntry, StoredEntry, StoredErasure } from "./storing/journal.ts";
export { memoryStore } from "./storing/memory-store.ts";
export type { Change, FindQuery, FoundDocument, Store, Swap } from "./storing/store.ts";
export type { ClaimsOptions } from "./tokens/claims.ts";
export type { TokenIssuer, TokenIssuerOptions } from "./tokens/token-issuer.ts";
export { tokenIssuer } from "./tokens/token-issuer.ts";
export { bodyAlreadyRead, bodyTooLarge, requestAborted } from "./transport/body-errors.ts";
export type { CollectedHeaders } from "./transport/headers.ts";
export { addHeaders, collectHeaders } from "./transport/headers.ts";
export type { Outcome } from "./transport/outcome.ts";
export type { Caller, RequestBody, RequestView, ResponseHeaders } from "./transport/request-view.ts";
export type { IssueOptions, MetadataHttp, UserMetadataEngine } from "./user-metadata.ts";
export { createUserMetadata } from "./user-metadata.ts";
