/** One framework of `../frameworks.ts`: its echo, or our routes over a store in memory or on a SQLite file. */
import { memoryStore } from "@usermeta/core";
import { seeded } from "../engine.ts";
import { FRAMEWORKS } from "../frameworks.ts";
import { readUsers } from "../users.ts";

const [folder = ".", name = "", mode] = process.argv.slice(2);
const store = mode === "memory" ? memoryStore() : undefined;
const metadata = mode === "echo" ? undefined : await seeded(folder, 1024, store);
await FRAMEWORKS[name]?.(metadata, readUsers(folder).tokens);
