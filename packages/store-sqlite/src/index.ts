export type { SqliteConnection, SqliteStatement, SqliteValue } from "./connection.ts";
export type { SqliteDatabaseOptions, SqlitePathOptions, SqliteStoreOptions } from "./options.ts";
export type { SqliteStore } from "./sqlite-store.ts";
export { sqliteStore } from "./sqlite-store.ts";
