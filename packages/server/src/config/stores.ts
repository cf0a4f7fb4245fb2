import { memoryStore, type Store } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { optional } from "./optional.ts";
import { invalidSetting, suggest } from "./settings.ts";

/** Where documents live when nothing is said. */
export const DEFAULT_STORE = "sqlite:usermeta.db";

/** How a store is called in logs and messages: without the credentials that its address may hold. */
export const nameOfStore = (store: string | Store): string => {
  if (typeof store !== "string") return "the config's own store";
  if (!store.includes(":")) return store;
  const [kind = ""] = store.split(":", 1);
  if (kind === "sqlite" || kind === "memory") return store;
  if (!URL.canParse(store)) return `${kind}:`;
  const { protocol, host, pathname } = new URL(store);
  return `${protocol}//${host}${pathname}`;
};

/**
 * Opens the store of an address.
 * @throws UserMetadataError `options_invalid`, and what the store throws when it cannot be opened
 */
export const openStore = async (store: string | Store): Promise<Store> => {
  if (typeof store !== "string") return store;
  const at = store.indexOf(":");
  const [kind, rest] = at < 0 ? ["", store] : [store.slice(0, at), store.slice(at + 1)];
  if (kind === "sqlite") return sqliteStore({ path: rest });
  if (kind === "memory") return memoryStore();
  if (kind === "postgres" || kind === "postgresql") {
    const { postgresStore } = await optional("@usermeta/store-postgres", import("@usermeta/store-postgres"));
    return postgresStore({ connectionString: store });
  }
  const known = ["sqlite", "postgres", "memory"];
  throw invalidSetting(
    `The store ${JSON.stringify(nameOfStore(store))} has an unknown kind. ${suggest(kind, known)}` +
      "Give sqlite:usermeta.db, postgres://user@host/database or memory: (which forgets everything).",
  );
};
