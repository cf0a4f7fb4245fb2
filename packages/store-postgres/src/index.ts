export type {
  PostgresClient,
  PostgresConnectionOptions,
  PostgresPool,
  PostgresPoolOptions,
  PostgresQuery,
  PostgresStoreOptions,
} from "./options.ts";
export type { PostgresStore } from "./postgres-store.ts";
export { postgresStore } from "./postgres-store.ts";
