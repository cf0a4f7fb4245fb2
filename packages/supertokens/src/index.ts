export type { MetadataClaimOptions, MetadataValidatorOptions, MetadataValidators } from "./metadata-claim.ts";
export { MetadataClaim, metadataClaim } from "./metadata-claim.ts";
export type { ClaimsSource, SessionClaimsOptions } from "./session-claims.ts";
export { refreshSessionClaims, sessionOverride } from "./session-claims.ts";
export type { SuperTokensSessionsOptions } from "./sessions.ts";
export { isSuperTokensSession, superTokensSessions } from "./sessions.ts";
export { superTokensStore } from "./store.ts";
export type {
  RecipeDocument,
  RecipeEngine,
  RecipeTiers,
  UserMetadataOverrideOptions,
} from "./user-metadata-override.ts";
export { userMetadataOverride } from "./user-metadata-override.ts";
