/** One framework of `../frameworks.ts`: its echo, or our routes over a store in memory, on a SQLite file or on PostgreSQL. */
import { memoryStore, type Store } from "@usermeta/core";
import { postgresStore } from "@usermeta/store-postgres";
import { answerMemory } from "../child.ts";
import { seeded } from "../engine.ts";
import { FRAMEWORKS } from "../frameworks.ts";
import { freshDatabase } from "../fresh-database.ts";
import { readUsers } from "../users.ts";

/** "echo", "memory", "sqlite", or the URL of a PostgreSQL server. */
const [folder = ".", name = "", mode = ""] = process.argv.slice(2);

async function store(): Promise<Store | undefined> {
  if (mode === "memory") return memoryStore();
  return mode === "sqlite" ? undefined : postgresStore({ connectionString: await freshDatabase(mode) });
}

const metadata = mode === "echo" ? undefined : await seeded(folder, 1024, await store());
if (name !== "lambda") answerMemory();
await FRAMEWORKS[name]?.(metadata, readUsers(folder).tokens);
