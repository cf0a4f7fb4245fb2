import type { EntryQuery, Journal, PlacedEntry, StoredEntry } from "@usermeta/core";
import { invalidPosition, positionTrimmed } from "@usermeta/core/storing";
import { columnsOf, type SqliteConnection, type SqliteValue, statementsOn } from "../connection.ts";
import { chainsOn, LINE_COLUMNS, type Line, toLine } from "./chains.ts";

const FOLLOW = `SELECT ${LINE_COLUMNS} FROM usermeta_entries WHERE position > ? ORDER BY position LIMIT ?`;
const LAST = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'usermeta_entries'), 0)";
const REMOVE = "DELETE FROM usermeta_entries WHERE position = ?";
const FORGET = "DELETE FROM usermeta_ended WHERE last_entry = ?";
const TRIMMED = "SELECT trimmed FROM usermeta_journal";
const REMEMBER = "UPDATE usermeta_journal SET trimmed = max(trimmed, ?)";
const ERASURES = "SELECT digest, at, body FROM usermeta_erasures WHERE digest = ? ORDER BY rowid";
const SALT = "SELECT salt FROM usermeta_journal";

const POSITION = /^\d{0,15}$/;
/** Pages that may be read on. */
const MAX_PAGES = 100;

const toEntry = ([, subject, version, at, body]: Line): StoredEntry => ({ subject, version, at, body });

/** Runs work in a transaction that only reads, or that writes. */
interface Attempts {
  read<T>(work: () => T): Promise<T>;
  write<T>(work: () => T): Promise<T>;
}

/** Remembers where pages of chains have ended, so that the next one does not begin at the last line. */
const createPages = () => {
  const pages = new Map<string, number | null>();
  const keyOf = (subject: string, version: number): string => `${version} ${subject}`;
  return {
    find: (subject: string, before: number) => pages.get(keyOf(subject, before)),
    add: (subject: string, before: number, next: number | null): void => {
      pages.delete(keyOf(subject, before));
      pages.set(keyOf(subject, before), next);
      const [oldest] = pages.keys();
      if (pages.size > MAX_PAGES && oldest !== undefined) pages.delete(oldest);
    },
  };
};

/** The journal on a connection. Positions are numbers, which SQLite gives to each line and to none again. */
export const journalOn = (connection: SqliteConnection, attempt: Attempts): Journal => {
  const statement = statementsOn(connection);
  const chains = chainsOn(connection);
  const pages = createPages();
  const rows = (sql: string, ...values: SqliteValue[]): (readonly unknown[])[] =>
    statement(sql)
      .all(...values)
      .map((row) => columnsOf(row) ?? []);
  const numberIn = (sql: string): number => Number(rows(sql)[0]?.[0]);

  const linesAfter = (position: number, limit: number): Line[] => rows(FOLLOW, position, limit).map(toLine);
  const readPage = ({ subject, before, limit }: EntryQuery): StoredEntry[] => {
    const found: Line[] = [];
    let line = chains.line(pages.find(subject, before) ?? chains.last(subject));
    for (; line && found.length < limit; line = chains.line(line[5])) if (line[2] < before) found.push(line);
    const last = found.at(-1);
    if (last && found.length === limit) pages.add(subject, last[2], last[5]);
    return found.map(toEntry);
  };
  const followFrom = (after: string, limit: number): PlacedEntry[] => {
    const from = Number(after);
    if (!POSITION.test(after) || from > numberIn(LAST)) throw invalidPosition();
    if (after !== "" && from < numberIn(TRIMMED)) throw positionTrimmed();
    return linesAfter(from, limit).map((line) => ({ ...toEntry(line), position: String(line[0]) }));
  };
  /** The oldest line of each subject goes first, so that no chain breaks. */
  const trimOld = (before: number, limit: number): number => {
    const removed: number[] = [];
    for (const [position, , , at, , previous] of linesAfter(0, limit)) {
      if (at >= before || chains.line(previous)) continue;
      statement(REMOVE).run(position);
      statement(FORGET).run(position);
      removed.push(position);
    }
    statement(REMEMBER).run(removed.at(-1) ?? 0);
    return removed.length;
  };
  const trimSubject = (subject: string, most: number): void => {
    let line = chains.line(chains.last(subject));
    for (let kept = 1; line && kept < most; kept += 1) line = chains.line(line[5]);
    if (line) statement(REMEMBER).run(chains.remove(line[5])[1]);
  };

  return {
    read: (query) => attempt.read(() => readPage(query)),
    follow: (after, limit) => attempt.read(() => followFrom(after, limit)),
    end: () => attempt.read(() => String(numberIn(LAST))),
    trim: (before, limit) => attempt.write(() => trimOld(before, limit)),
    trimSubjects: (subjects, most) =>
      attempt.write(() => {
        for (const subject of subjects) trimSubject(subject, most);
      }),
    erasures: (digest) =>
      attempt.read(() =>
        rows(ERASURES, digest).map(([, at, body]) => ({ digest, at: Number(at), body: String(body) })),
      ),
    salt: () => attempt.read(() => String(rows(SALT)[0]?.[0])),
  };
};
