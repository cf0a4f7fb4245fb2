import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The file of a path as SQLite takes it; `undefined` if it is not one that can be looked at. */
const fileOf = (path: string): string | undefined => {
  if (path === "" || path === ":memory:" || path.includes("\0")) return undefined;
  if (!path.startsWith("file:")) return path;
  if (/[?&]mode=memory\b|^file::memory:/.test(path)) return undefined;
  const [file = ""] = path.split(/[?#]/, 1);
  return file.startsWith("file:/") ? fileURLToPath(file) : decodeURIComponent(file.slice("file:".length));
};

/**
 * Tells whether a SQLite database is there with the store's tables, and makes nothing. `true` if that cannot be told: then
 * whoever opens the store tells what is wrong.
 */
export const sqliteHasTables = (path: string): boolean => {
  const file = fileOf(path);
  if (file === undefined) return true;
  if (!existsSync(file)) return false;
  const sqlite = process.getBuiltinModule("node:sqlite");
  if (sqlite === undefined) return true;
  try {
    const database = new sqlite.DatabaseSync(file, { readOnly: true });
    try {
      return (
        database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'usermeta_documents'").get() !== undefined
      );
    } finally {
      database.close();
    }
  } catch {
    return true;
  }
};
