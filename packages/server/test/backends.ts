import { join } from "node:path";
import type { Store } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { fileStore } from "./file-store.ts";

/** A store with a journal, as commands are given it. */
export interface Backend {
  readonly title: string;
  /** The variables of a command that works on a database of this name. */
  readonly env: (database: string) => Readonly<Record<string, string>>;
  readonly open: (folder: string, database: string) => Promise<Store>;
}

const CONFIG = join(import.meta.dirname, "fixture/journal.config.ts");

const sqlite: Backend = {
  title: "SQLite",
  env: (database) => ({ USERMETA_STORE: `sqlite:${database}.db` }),
  open: async (folder, database) => sqliteStore({ path: join(folder, `${database}.db`) }),
};

const own: Backend = {
  title: "a store of the app's",
  env: (database) => ({ USERMETA_CONFIG: CONFIG, JOURNAL_FILE: `${database}.ndjson` }),
  open: (folder, database) => fileStore(join(folder, `${database}.ndjson`)),
};

const probe: Store = sqliteStore({ path: ":memory:" });

/** One that has a journal: SQLite, as soon as it has one. */
export const BACKENDS: readonly Backend[] = [probe.journal ? sqlite : own];
await probe.close?.();
