import { columnsOf, type SqliteConnection } from "./connection.ts";

/** A larger file would be busy for too long. */
const MAX_REWRITTEN_BYTES = 64 * 1024 * 1024;

const numberOf = (connection: SqliteConnection, pragma: string): number =>
  Number(columnsOf(connection.prepare(`PRAGMA ${pragma}`).get())?.[0]);

/**
 * Cleans a file of what an erasure leaves. `secure_delete` overwrites rows that are removed, but not the copies that SQLite
 * leaves in the unused part of a page when it moves rows to another: `VACUUM` writes all pages anew. The log has what was
 * in the pages before, until it is emptied: if a reader holds it, that is tried again after each write.
 */
export const cleanerOf = (connection: SqliteConnection): ((hasErased: boolean) => void) => {
  let isLeft = false;
  return (hasErased) => {
    if (!hasErased && !isLeft) return;
    isLeft = true;
    try {
      const bytes = numberOf(connection, "page_count") * numberOf(connection, "page_size");
      if (hasErased && bytes <= MAX_REWRITTEN_BYTES) connection.exec("VACUUM");
      isLeft = numberOf(connection, "wal_checkpoint(TRUNCATE)") !== 0;
    } catch {
      // What was written is written.
    }
  };
};
