import { memoryStore, type Store, UserMetadataError } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { optional } from "./optional.ts";
import { invalidSetting, suggest } from "./settings.ts";
import { sqliteHasTables } from "./sqlite-tables.ts";

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

/** The path of a SQLite address, and the kind of any other. */
const partsOf = (store: string): readonly [kind: string, rest: string] => {
  const at = store.indexOf(":");
  return at < 0 ? ["", store] : [store.slice(0, at), store.slice(at + 1)];
};

/**
 * Opens the store of an address.
 * @throws UserMetadataError `options_invalid`, and what the store throws when it cannot be opened
 */
export const openStore = async (store: string | Store): Promise<Store> => {
  if (typeof store !== "string") return store;
  const [kind, rest] = partsOf(store);
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

/**
 * Opens the store of an address for a command that only reads: it makes no database, and no tables in one.
 * @throws UserMetadataError `store_unavailable` if there is nothing to read, and what `openStore` throws
 */
export const openExisting = async (store: string | Store): Promise<Store> => {
  if (typeof store !== "string") return store;
  const [kind, rest] = partsOf(store);
  if (kind === "sqlite" && !sqliteHasTables(rest)) throw nothingThere(store);
  if (kind.startsWith("postgres") && !(await postgresHasTables(store))) throw nothingThere(store);
  return openStore(store);
};

/**
 * Tells whether a PostgreSQL database has the tables. In a session that can only read, the store finds that it would have
 * to make them. Any other failure is for whoever opens the store to tell.
 */
const postgresHasTables = async (address: string): Promise<boolean> => {
  if (!URL.canParse(address)) return true;
  const url = new URL(address);
  const options = url.searchParams.get("options") ?? "";
  url.searchParams.set("options", `${options} -c default_transaction_read_only=on`.trim());
  const store = await openStore(url.href);
  try {
    await store.count?.();
    return true;
  } catch (error) {
    return !(UserMetadataError.is(error) && error.code === "store_read_only");
  } finally {
    await store.close?.();
  }
};

const nothingThere = (store: string): UserMetadataError =>
  new UserMetadataError(
    "store_unavailable",
    `There is no metadata at ${nameOfStore(store)}: no database, or one without the tables. ` +
      "Correct --store; a command that writes makes them.",
  );
