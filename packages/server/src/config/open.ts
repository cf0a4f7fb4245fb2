import {
  createUserMetadata,
  type Store,
  type UserMetadataEngine,
  type UserMetadataOptions,
} from "@usermeta/core";
import type { ServerConfig } from "./config.ts";
import { DEFAULT_STORE, openExisting, openStore } from "./stores.ts";

/** How a store is opened. */
export interface Opening {
  /** Whether a database is made, or tables in it, if there are none. A command that only reads makes none. */
  readonly create: boolean;
}

const open = (config: ServerConfig, { create }: Opening): Promise<Store> =>
  (create ? openStore : openExisting)(config.store ?? DEFAULT_STORE);

/** What of a config goes to every engine as it is. */
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
export const withStore = async <T>(
  config: ServerConfig,
  opening: Opening,
  use: (store: Store) => Promise<T>,
): Promise<T> => {
  const store = await open(config, opening);
  try {
    return await use(store);
  } finally {
    await store.close?.();
  }
};

/** What an engine is made of beside the config. */
type Rest = Pick<UserMetadataOptions, "sessions" | "onSessionRefused" | "adminKeys" | "dialects" | "history">;

/** Makes an engine over a store, which is closed if the other options are refused. */
export const openEngine = async (
  config: ServerConfig,
  rest: Rest,
  opening: Opening = { create: true },
): Promise<UserMetadataEngine> => {
  const store = await open(config, opening);
  try {
    return createUserMetadata({ ...engineOptions(config), ...rest, store });
  } catch (error) {
    await store.close?.();
    throw error;
  }
};

/** Opens an engine for as long as `use` takes. */
export const withEngine = async <T>(
  config: ServerConfig,
  { create, ...rest }: Opening & Rest,
  use: (metadata: UserMetadataEngine) => Promise<T>,
): Promise<T> => {
  const metadata = await openEngine(config, rest, { create });
  try {
    return await use(metadata);
  } finally {
    await metadata.close();
  }
};
