import type { HistoryEntry, OwnHistoryEntry, WholeEntry } from "../document/history-types.ts";
import { changesOf, PARTS, type Part, SHOWN } from "./changes.ts";
import { type Entry, ERASED } from "./entry.ts";

/** What only servers may see. */
const HIDDEN: readonly Part[] = ["private", "claims"];

const actionOf = ({ subject, gone, restored }: Entry): HistoryEntry["action"] => {
  if (subject.startsWith(ERASED)) return "erase";
  if (restored !== undefined) return "rollback";
  return gone ? "clear" : "update";
};

/** An entry with all that it tells, in plain sight: for admins, and for a user's export. */
export const toWholeEntry = (entry: Entry): WholeEntry => {
  const [kind, id, via] = entry.by;
  const { version, previous, at, reason, restored } = entry;
  const whole = { action: actionOf(entry), version, previous, at, by: { kind, id, via }, reason, restored };
  return { ...whole, changes: changesOf(entry.changes, PARTS) };
};

/** Whether something of an entry is for the user whose it is. */
export const isForUsers = ({ changes }: Entry): boolean => changesOf(changes, SHOWN).length > 0;

/** An entry for the user whose it is: of others no more than that they are the server. */
export const toOwnEntry = (entry: Entry): OwnHistoryEntry => {
  const { version, at, by, reason } = entry;
  const changes = changesOf(entry.changes, SHOWN);
  const isOwn = by[0] === "user" && by[1] === entry.subject;
  const author = isOwn ? ({ by: "user", reason } as const) : ({ by: "server" } as const);
  return { action: entry.gone ? "clear" : "update", version, at, ...author, changes };
};

/** An entry for server code. */
export const toHistoryEntry = (entry: Entry): HistoryEntry => {
  const [kind, id, via] = entry.by;
  const { version, at, changes, reason, previous, restored } = entry;
  const shown = { action: actionOf(entry), version, at, changes: changesOf(changes, SHOWN) };
  const hidden = {
    privateChanges: changesOf(changes, HIDDEN),
    by: { kind, id, via },
    reason,
    previous,
    restored,
  };
  for (const [name, value] of Object.entries(hidden)) Object.defineProperty(shown, name, { value });
  return shown as HistoryEntry;
};
