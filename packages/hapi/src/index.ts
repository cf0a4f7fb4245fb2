export { getSession } from "@usermeta/node";
export type { UserMetadataPluginOptions } from "./auth-scheme.ts";
export { type Guard, verifySession } from "./guard.ts";
export { userMetadata } from "./plugin.ts";
