import type { Change, Journal, PlacedEntry, StoredEntry } from "@usermeta/core";
import { invalidPosition, positionTrimmed } from "@usermeta/core/storing";
import { columnsOf, type SqliteConnection, type SqliteStatement, type SqliteValue } from "./connection.ts";

/** What the journal keeps of a change. An array is a quicker message than an object. */
export type Lines = readonly [
  entries: readonly (readonly [subject: string, version: number, at: number, body: string])[],
  erasure: readonly [digest: string, at: number, body: string] | undefined,
];

/** `undefined` if there is nothing to keep. */
export const linesOf = ({ entries = [], erasure }: Change): Lines | undefined =>
  entries.length > 0 || erasure
    ? [
        entries.map(({ subject, version, at, body }) => [subject, version, at, body] as const),
        erasure && [erasure.digest, erasure.at, erasure.body],
      ]
    : undefined;

const COLUMNS = "subject, version, at, body";
const INSERT = `INSERT OR IGNORE INTO usermeta_entries (${COLUMNS}) VALUES (?, ?, ?, ?)`;
const ERASE = "DELETE FROM usermeta_entries WHERE subject = ?";
const INSERT_ERASURE = "INSERT INTO usermeta_erasures (digest, at, body) VALUES (?, ?, ?)";
const READ = `SELECT ${COLUMNS} FROM usermeta_entries WHERE subject = ? AND version < ? ORDER BY version DESC LIMIT ?`;
const FOLLOW = `SELECT ${COLUMNS}, position FROM usermeta_entries WHERE position > ? ORDER BY position LIMIT ?`;
const LAST = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'usermeta_entries'), 0)";
const TRIM = `DELETE FROM usermeta_entries WHERE at < ? AND position IN
  (SELECT position FROM usermeta_entries ORDER BY position LIMIT ?) RETURNING position`;
const TRIM_SUBJECT = `DELETE FROM usermeta_entries WHERE subject = ? AND version <=
  (SELECT version FROM usermeta_entries WHERE subject = ? ORDER BY version DESC LIMIT 1 OFFSET ?) RETURNING position`;
const TRIMMED = "SELECT trimmed FROM usermeta_journal";
const REMEMBER = "UPDATE usermeta_journal SET trimmed = ? WHERE trimmed < ?";
const ERASURES = "SELECT digest, at, body FROM usermeta_erasures WHERE digest = ? ORDER BY rowid";
const SALT = "SELECT salt FROM usermeta_journal";

const POSITION = /^\d{0,15}$/;

/** Prepares each statement when it is first used. */
const statementsOn = (connection: SqliteConnection): ((sql: string) => SqliteStatement) => {
  const prepared = new Map<string, SqliteStatement>();
  return (sql) => {
    const statement = prepared.get(sql) ?? connection.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
};

/** Keeps the lines of a change of a user's, within its transaction. */
export const keeperOn = (connection: SqliteConnection): ((userId: string, lines: Lines) => void) => {
  const statement = statementsOn(connection);
  return (userId, [entries, erasure]) => {
    if (erasure) {
      statement(ERASE).run(userId);
      statement(INSERT_ERASURE).run(...erasure);
    }
    for (const entry of entries) statement(INSERT).run(...entry);
  };
};

const toEntry = (row: readonly unknown[]): StoredEntry => ({
  subject: String(row[0]),
  version: Number(row[1]),
  at: Number(row[2]),
  body: String(row[3]),
});

/** Runs work in a transaction that only reads, or that writes. */
interface Attempts {
  read<T>(work: () => T): Promise<T>;
  write<T>(work: () => T): Promise<T>;
}

/** The journal on a connection. Positions are numbers, which SQLite gives to each line and to none again. */
export const journalOn = (connection: SqliteConnection, attempt: Attempts): Journal => {
  const statement = statementsOn(connection);
  const rows = (sql: string, ...values: SqliteValue[]): (readonly unknown[])[] =>
    statement(sql)
      .all(...values)
      .map((row) => columnsOf(row) ?? []);
  const numberIn = (sql: string): number => Number(rows(sql)[0]?.[0]);
  /** Remembers the last of the positions that were removed. Answers how many these are. */
  const remember = (removed: readonly (readonly unknown[])[]): number => {
    const last = removed.reduce((most, [position]) => Math.max(most, Number(position)), 0);
    statement(REMEMBER).run(last, last);
    return removed.length;
  };

  const followFrom = (after: string, limit: number): PlacedEntry[] => {
    const from = Number(after);
    if (!POSITION.test(after) || from > numberIn(LAST)) throw invalidPosition();
    if (after !== "" && from < numberIn(TRIMMED)) throw positionTrimmed();
    return rows(FOLLOW, from, limit).map((row) => ({ ...toEntry(row), position: String(row[4]) }));
  };
  return {
    read: ({ subject, before, limit }) => attempt.read(() => rows(READ, subject, before, limit).map(toEntry)),
    follow: (after, limit) => attempt.read(() => followFrom(after, limit)),
    end: () => attempt.read(() => String(numberIn(LAST))),
    trim: (before, limit) => attempt.write(() => remember(rows(TRIM, before, limit))),
    trimSubjects: (subjects, most) =>
      attempt.write(() => {
        for (const subject of subjects) remember(rows(TRIM_SUBJECT, subject, subject, most));
      }),
    erasures: (digest) =>
      attempt.read(() =>
        rows(ERASURES, digest).map(([, at, body]) => ({ digest, at: Number(at), body: String(body) })),
      ),
    salt: () => attempt.read(() => String(rows(SALT)[0]?.[0])),
  };
};
