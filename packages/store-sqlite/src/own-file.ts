import { statSync } from "node:fs";
import type { UserMetadataError } from "@usermeta/core";
import { columnsOf, type SqliteConnection } from "./connection.ts";
import { storeFault } from "./sqlite-errors.ts";

/** Which file stands at a path, by its device and its inode; `undefined` if there is none. */
type FileId = string | undefined;

/** The files of a database as they were when it was opened. */
export interface OwnFiles {
  readonly file: string;
  readonly id: FileId;
  /** Of its log, which SQLite makes with the first read or write of a database in WAL mode. */
  walId: FileId;
}

const idOf = (path: string): FileId => {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev} ${found.ino}`;
};

/** `undefined` if the database is in memory. */
export const ownFilesOf = (file: string): OwnFiles | undefined =>
  file === ":memory:" ? undefined : { file, id: idOf(file), walId: idOf(`${file}-wal`) };

/** Which of the files is not the one that was opened, and what became of it. */
const lossOf = (own: OwnFiles): readonly [lost: "file" | "-wal", became: string] | undefined => {
  const became = (id: FileId): string => (id ? "replaced" : "removed");
  const id = idOf(own.file);
  if (id !== own.id) return ["file", became(id)];
  if (own.walId === undefined) return undefined;
  const walId = idOf(`${own.file}-wal`);
  return walId === own.walId ? undefined : ["-wal", became(walId)];
};

/**
 * Refuses what would be written into files that nobody else can find any more: SQLite goes on with those that it has
 * open. https://sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use
 * @throws UserMetadataError `store_replaced`
 */
export const checkOwnFiles = (own: OwnFiles, where: string, connection?: SqliteConnection): void => {
  const loss = lossOf(own);
  if (!loss) return;
  const [lost, became] = loss;
  // The app may have ended WAL mode on its connection, and with that its log.
  if (lost === "-wal" && connection && journalMode(connection) !== "wal") own.walId = undefined;
  else throw replaced(`its ${lost} was ${became} while it was open`, where);
};

const replaced = (happened: string, where: string): UserMetadataError =>
  storeFault(
    [
      "store_replaced",
      happened,
      "Nothing was written. Stop the process, put the right file in its place, and start it again.",
    ],
    where,
  );

const journalMode = (connection: SqliteConnection): unknown =>
  columnsOf(connection.prepare("PRAGMA journal_mode").get())?.[0];
