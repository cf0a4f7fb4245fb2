export type { UserMetadataProviderProps } from "./provider.ts";
export { UserMetadataProvider } from "./provider.ts";
export type { Register, RegisteredTiers } from "./register.ts";
export type { UserResource, UseUser } from "./use-user.ts";
export { useUser } from "./use-user.ts";
export type { UseUserMetadata, UseUserMetadataOptions } from "./use-user-metadata.ts";
export { useUserMetadata } from "./use-user-metadata.ts";
