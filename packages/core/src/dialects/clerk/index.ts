export type { ClerkSignOut } from "./clerk-client.ts";
export type { ClerkDialectOptions } from "./clerk-dialect.ts";
export { clerkDialect } from "./clerk-dialect.ts";
export type { ClerkSessionsOptions } from "./clerk-sessions.ts";
export { clerkSessions } from "./clerk-sessions.ts";
export type { ClerkUserPage, ClerkUserQuery, ClerkUsers } from "./clerk-users.ts";
