import { UserMetadataError } from "@usermeta/core";
import type { SqliteConnection } from "./connection.ts";
import { columnsOf, transactionsOn } from "./connection.ts";

/**
 * Each entry brings a database from the schema version of its index to the next one, and stores that number. An entry
 * that was released never changes.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE usermeta_schema (version INTEGER NOT NULL) STRICT;
   INSERT INTO usermeta_schema (version) VALUES (1);
   CREATE TABLE usermeta_documents (
     user_id TEXT NOT NULL PRIMARY KEY,
     public_metadata TEXT NOT NULL,
     private_metadata TEXT NOT NULL,
     unsafe_metadata TEXT NOT NULL,
     claims TEXT NOT NULL,
     version INTEGER NOT NULL,
     created_at INTEGER NOT NULL,
     updated_at INTEGER NOT NULL
   ) STRICT;`,
  // Rows of before have no claims version. The greatest version that was removed is one number for all users.
  `ALTER TABLE usermeta_documents ADD COLUMN claims_version INTEGER;
   ALTER TABLE usermeta_schema ADD COLUMN removed_version INTEGER NOT NULL DEFAULT 0;
   UPDATE usermeta_schema SET version = 2;`,
  // A position is never given again, also after the last line was removed. Whoever removes a document, the place of its
  // user's last line is kept.
  `CREATE TABLE usermeta_entries (
     position INTEGER PRIMARY KEY AUTOINCREMENT,
     subject TEXT NOT NULL,
     version INTEGER NOT NULL,
     at INTEGER NOT NULL,
     previous INTEGER,
     body TEXT NOT NULL
   ) STRICT;
   ALTER TABLE usermeta_documents ADD COLUMN last_entry INTEGER;
   CREATE TABLE usermeta_ended (subject TEXT NOT NULL PRIMARY KEY, last_entry INTEGER NOT NULL) STRICT;
   CREATE INDEX usermeta_ended_entry ON usermeta_ended (last_entry);
   CREATE TRIGGER usermeta_ends AFTER DELETE ON usermeta_documents WHEN old.last_entry IS NOT NULL
   BEGIN INSERT OR REPLACE INTO usermeta_ended VALUES (old.user_id, old.last_entry); END;
   CREATE TABLE usermeta_erasures (digest TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
   CREATE INDEX usermeta_erasures_digest ON usermeta_erasures (digest);
   CREATE TABLE usermeta_journal (salt TEXT NOT NULL, trimmed INTEGER NOT NULL) STRICT;
   INSERT INTO usermeta_journal VALUES (lower(hex(randomblob(32))), 0);
   UPDATE usermeta_schema SET version = 3;`,
];

const HAS_SCHEMA = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'usermeta_schema'";

const numberOf = (connection: SqliteConnection, sql: string): number =>
  Number(columnsOf(connection.prepare(sql).get())?.[0] ?? 0);

// Not PRAGMA user_version: in a database that is shared with the app, that number is the app's.
const storedVersion = (connection: SqliteConnection): number =>
  numberOf(connection, HAS_SCHEMA) === 0 ? 0 : numberOf(connection, "SELECT version FROM usermeta_schema");

/** Creates the tables or brings them to this package's version, in one transaction. */
export const migrate = (connection: SqliteConnection, where: string): void => {
  const stored = storedVersion(connection);
  if (stored > MIGRATIONS.length) throw newer(stored, where);
  // Without a write if there is nothing to do, so that a read-only file can be read.
  if (stored === MIGRATIONS.length) return;
  transactionsOn(connection)("BEGIN IMMEDIATE", () => {
    // Asked again under the lock: another process may have been faster.
    for (const sql of MIGRATIONS.slice(storedVersion(connection))) connection.exec(sql);
  });
};

const newer = (stored: number, where: string): UserMetadataError =>
  new UserMetadataError(
    "store_schema_newer",
    `SQLite database "${where}": its tables have schema version ${stored}, this @usermeta/store-sqlite knows ` +
      `${MIGRATIONS.length}. Install the version of @usermeta/store-sqlite that wrote it, or a later one.`,
  );
