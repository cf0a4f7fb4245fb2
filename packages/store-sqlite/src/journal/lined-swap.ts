import type { Swap } from "@usermeta/core";
import { DOCUMENT_COLUMNS } from "@usermeta/core/storing";
import { columnsOf, type SqliteConnection, statementsOn } from "../connection.ts";
import type { EncodedChange } from "../encoded-change.ts";
import { chainsOn } from "./chains.ts";
import type { Lines } from "./lines.ts";

const FIND = "SELECT version, last_entry FROM usermeta_documents WHERE user_id = ?";
const COLUMNS = [...DOCUMENT_COLUMNS, "last_entry"];
const INSERT = `INSERT INTO usermeta_documents (${COLUMNS}, user_id) VALUES (?${", ?".repeat(COLUMNS.length)})`;
const UPDATE = `UPDATE usermeta_documents SET ${COLUMNS.map((name) => `${name} = ?`)} WHERE user_id = ?`;
const DELETE = "DELETE FROM usermeta_documents WHERE user_id = ?";
const END = "INSERT OR REPLACE INTO usermeta_ended (subject, last_entry) VALUES (?, ?)";
const BEGIN = "DELETE FROM usermeta_ended WHERE subject = ?";
const ADD = "INSERT INTO usermeta_entries (subject, version, at, body, previous) VALUES (?, ?, ?, ?, ?)";
/** Adds a line behind the user's last one, if the document has the version. */
const ADD_IF = `INSERT INTO usermeta_entries (subject, version, at, body, previous)
  SELECT ?, ?, ?, ?, coalesce(last_entry, (SELECT last_entry FROM usermeta_ended WHERE subject = user_id))
  FROM usermeta_documents WHERE user_id = ? AND version = ?`;
const ADD_ERASURE = "INSERT INTO usermeta_erasures (digest, at, body) VALUES (?, ?, ?)";

/** What the swaps without lines do too. */
interface Removals {
  /** The greatest version of all that were removed. */
  removedVersion(): number;
  remember(version: number): unknown;
}

/** Swaps documents whose changes have lines, and keeps those: first the lines, then the document with the place of the last. */
export const linedSwapOn = (
  connection: SqliteConnection,
  { removedVersion, remember }: Removals,
): ((change: EncodedChange, lines: Lines) => Swap) => {
  const statement = statementsOn(connection);
  const chains = chainsOn(connection);

  const end = (subject: string, last: number | null): void => {
    if (last === null) statement(BEGIN).run(subject);
    else statement(END).run(subject, last);
  };
  const add = (line: Lines[0][number], previous: number | null): number =>
    Number(statement(ADD).run(...line, previous).lastInsertRowid);
  /** The position of the user's last line. A line whose version is not greater than that of the one before is left out. */
  const keep = (
    userId: string,
    [entries, erasure]: Lines,
    from: number | null,
    least: number,
  ): number | null => {
    let [last, newest] = [from, least];
    if (erasure) {
      chains.remove(from);
      last = null;
      statement(ADD_ERASURE).run(...erasure);
    }
    for (const line of entries) {
      const [subject, version] = line;
      if (subject !== userId) end(subject, add(line, chains.last(subject)));
      else if (version > newest) {
        last = add(line, last);
        newest = version;
      }
    }
    return last;
  };
  const store = ([userId, expected, values, , greatest]: EncodedChange, last: number | null): void => {
    if (values === null) {
      remember(greatest);
      if (expected > 0) statement(DELETE).run(userId);
      end(userId, last);
    } else if (expected > 0) statement(UPDATE).run(...values, last, userId);
    else {
      statement(INSERT).run(...values, last, userId);
      statement(BEGIN).run(userId);
    }
  };

  /** The usual change, an update by one caller, takes two statements. `undefined`: it is another. */
  const swapUsual = (change: EncodedChange, [entries, erasure]: Lines): boolean | undefined => {
    const [userId, expected, values] = change;
    const [line] = entries;
    if (!line || entries.length > 1 || erasure || !values || expected === 0) return undefined;
    if (line[0] !== userId || line[1] <= expected) return undefined;
    const { changes, lastInsertRowid } = statement(ADD_IF).run(...line, userId, expected);
    if (Number(changes) === 0) return false;
    statement(UPDATE).run(...values, Number(lastInsertRowid), userId);
    return true;
  };

  return (change, lines) => {
    const usual = swapUsual(change, lines);
    if (usual !== undefined) return usual;
    const [userId, expected, , least] = change;
    const row = columnsOf(statement(FIND).get(userId));
    if (Number(row?.[0] ?? 0) !== expected) return false;
    if (expected === 0) {
      const floor = removedVersion();
      if (least <= floor) return floor;
    }
    const last = row?.[1] === undefined || row[1] === null ? chains.last(userId) : Number(row[1]);
    const newest = expected > 0 ? expected : (chains.line(last)?.[2] ?? 0);
    store(change, keep(userId, lines, last, newest));
    return true;
  };
};
