export { createUserMetadataClient } from "./client.ts";
export type { ClientErrorCode, OwnErrorCode } from "./errors.ts";
export { MetadataClientError } from "./errors.ts";
export type {
  AnyTiers,
  CallOptions,
  ClientOptions,
  ClientTiers,
  HistoryCallOptions,
  MetadataSnapshot,
  UserMetadataClient,
  UserView,
} from "./types.ts";
