// biome-ignore-all lint/suspicious/noEmptyInterface: the app declares what is in it
export type { RegisteredTiers, UserMetadataProviderProps } from "./provider.ts";
export { UserMetadataProvider } from "./provider.ts";
export type { UserResource, UseUser } from "./use-user.ts";
export { useUser } from "./use-user.ts";
export type { UseUserMetadata, UseUserMetadataOptions } from "./use-user-metadata.ts";
export { useUserMetadata } from "./use-user-metadata.ts";

/**
 * Names the types of the app's tiers, once for all hooks:
 * `declare module "@usermeta/react" { interface Register { tiers: TiersOf<typeof schemas> } }`.
 */
export interface Register {}
