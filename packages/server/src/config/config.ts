import type { Dialect, Schemas, SessionVerifier, Store, UserMetadataOptions } from "@usermeta/core";
import type { DialectName, Settings } from "./settings.ts";

/**
 * What `usermeta.config.ts` may hold: everything that a flag can say, and what only code can. A flag goes before a
 * variable of the environment, and that before the config file.
 */
export interface ServerConfig<S extends Schemas = Schemas>
  extends Omit<Settings, "store" | "dialects" | "sessions">,
    Pick<UserMetadataOptions<S>, "adminKeys" | "schemas" | "limits" | "claims" | "issuer" | "cache"> {
  /** Where documents live: `"sqlite:usermeta.db"`, `"postgres://…"`, or a store. @default "sqlite:usermeta.db" */
  readonly store?: string | Store | undefined;
  /** The wire protocols, by name or as made by their functions. @default ["native"] */
  readonly dialects?: readonly (DialectName | Dialect)[] | undefined;
  /** Who is calling: `"jwks:https://…"` with `sessionIssuer`, or verifiers. Without it no session is accepted. */
  readonly sessions?: string | SessionVerifier | readonly SessionVerifier[] | undefined;
}

/**
 * Gives a config its types: `export default defineConfig({ … })` in `usermeta.config.ts`.
 *
 * @example
 * ```ts
 * import { defineConfig } from "@usermeta/server";
 *
 * const config = defineConfig({
 *   store: "sqlite:usermeta.db",
 *   dialects: ["native", "clerk"],
 *   adminKeyFile: "/run/secrets/admin-keys",
 * });
 * export default config;
 * console.log(config.dialects?.join(" ")); // native clerk
 * ```
 */
export const defineConfig = <const S extends Schemas>(config: ServerConfig<S>): ServerConfig<S> => config;
