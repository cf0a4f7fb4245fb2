import {
  createUserMetadata,
  type Store,
  type UserMetadataEngine,
  type UserMetadataOptions,
} from "@usermeta/core";
import type { ServerConfig } from "./config.ts";
import { DEFAULT_STORE, openStore } from "./stores.ts";

/** What of a config goes to the engine as it is. */
export const engineOptions = ({
  schemas,
  limits,
  claims,
  issuer,
  cache,
}: ServerConfig): Omit<UserMetadataOptions, "store"> => ({
  ...(schemas && { schemas }),
  ...(limits && { limits }),
  ...(claims && { claims }),
  ...(issuer && { issuer }),
  ...(cache && { cache }),
});

/** Opens the config's store for as long as `use` takes. */
export const withStore = async <T>(config: ServerConfig, use: (store: Store) => Promise<T>): Promise<T> => {
  const store = await openStore(config.store ?? DEFAULT_STORE);
  try {
    return await use(store);
  } finally {
    await store.close?.();
  }
};

/** Makes an engine over a store, which is closed if the other options are refused. */
export const openEngine = async (
  config: ServerConfig,
  rest: Pick<UserMetadataOptions, "sessions" | "onSessionRefused" | "adminKeys" | "dialects">,
): Promise<UserMetadataEngine> => {
  const store = await openStore(config.store ?? DEFAULT_STORE);
  try {
    return createUserMetadata({ ...engineOptions(config), ...rest, store });
  } catch (error) {
    await store.close?.();
    throw error;
  }
};
