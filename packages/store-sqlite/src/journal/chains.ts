import { columnsOf, type SqliteConnection, statementsOn } from "../connection.ts";

/** A line of `LINE_COLUMNS`. */
export type Line = readonly [
  position: number,
  subject: string,
  version: number,
  at: number,
  body: string,
  previous: number | null,
];

/** What `toLine` takes. */
export const LINE_COLUMNS = "position, subject, version, at, body, previous";

/** A connection of the app may return integers as bigints. */
export const toLine = ([position, subject, version, at, body, previous]: readonly unknown[]): Line => {
  const before = previous === null ? null : Number(previous);
  return [Number(position), String(subject), Number(version), Number(at), String(body), before];
};

/**
 * The lines of subjects as chains: a document has the position of its user's last line, and each line that of the one
 * before it. An index by subject would cost a page of its own for each write, which is more than the line does.
 */
export interface Chains {
  /** The position of a subject's last line; `null` if there is none. */
  last(subject: string): number | null;
  line(position: number | null): Line | undefined;
  /** Removes lines from this one to the oldest; answers how many, and the greatest position. */
  remove(from: number | null): readonly [count: number, greatest: number];
}

const LAST = `SELECT coalesce(
  (SELECT last_entry FROM usermeta_documents WHERE user_id = ?),
  (SELECT last_entry FROM usermeta_ended WHERE subject = ?))`;
const LINE = `SELECT ${LINE_COLUMNS} FROM usermeta_entries WHERE position = ?`;
const REMOVE = "DELETE FROM usermeta_entries WHERE position = ?";

export const chainsOn = (connection: SqliteConnection): Chains => {
  const statement = statementsOn(connection);
  const line: Chains["line"] = (position) => {
    const columns = position === null ? undefined : columnsOf(statement(LINE).get(position));
    return columns && toLine(columns);
  };
  return {
    last: (subject) => {
      const position = columnsOf(statement(LAST).get(subject, subject))?.[0] ?? null;
      return position === null ? null : Number(position);
    },
    line,
    remove: (from) => {
      let count = 0;
      for (let each = line(from); each; each = line(each[5])) {
        statement(REMOVE).run(each[0]);
        count += 1;
      }
      return [count, count > 0 ? Number(from) : 0];
    },
  };
};
