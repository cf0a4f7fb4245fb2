export { EMPTY_DOCUMENT, TIERS } from "./document.ts";
export type { DocumentContent, MetadataDocument, Tier } from "./document.ts";
export { ERROR_CODES, UserMetadataError } from "./errors.ts";
export type { ErrorCode, ErrorDetails, UserMetadataErrorOptions } from "./errors.ts";
export type { Outcome } from "./http/outcome.ts";
export type { RequestBody, RequestView } from "./http/request-view.ts";
export type { JsonObject, JsonValue } from "./json.ts";
export type { Session, SessionVerifier } from "./session.ts";
export type { Change, Store } from "./store.ts";
