import {
  type Actor,
  EMPTY_DOCUMENT,
  type Journal,
  type MetadataDocument,
  type Store,
  type StoredEntry,
  TIERS,
  UserMetadataError,
} from "@usermeta/core";
import { entryOf, readEntry } from "@usermeta/core/storing";
import type { ServerConfig } from "../config/config.ts";
import { KEEP_DAYS, MAX_ENTRIES, toHistory } from "../config/history.ts";
import { type Keeping, kept, type RecordedEntry, toStored } from "./record-history.ts";

/** Makes the entries of a document that is stored by an import. */
export type RecordImport = (userId: string, stored: Stored) => Promise<readonly StoredEntry[]>;

const DAY_MS = 86_400_000;

/**
 * How the config wants an import to be recorded; `undefined`: not at all.
 * @throws UserMetadataError `history_unsupported` if the store has no journal
 */
export const recordingOf = (
  config: ServerConfig,
  { journal }: Store,
  source = "file",
): RecordImport | undefined => {
  const history = toHistory(config);
  if (!history) return undefined;
  if (!journal) throw withoutJournal();
  const { keepDays = KEEP_DAYS, maxEntries = MAX_ENTRIES, tiers = TIERS } = history;
  const keeping = { since: Date.now() - keepDays * DAY_MS, maxEntries, tiers };
  const by: Actor = { kind: "import", id: source, via: "cli" };
  return async (userId, stored) => {
    const told = await toldBy(journal, userId, { ...stored, keeping });
    return entriesFor(userId, stored, { by, keeping, told });
  };
};

/** The store cannot keep a history. */
export const withoutJournal = (): UserMetadataError =>
  new UserMetadataError(
    "history_unsupported",
    "This store has no journal, so that it keeps no history. Leave out --history, and history in the config.",
  );

/** A document of an import, and what is known of its past. */
export interface Recorded {
  readonly document: MetadataDocument;
  /** The version that it has where it comes from. */
  readonly version: number;
  /** The entries of the user's history there, the oldest first. */
  readonly entries: readonly RecordedEntry[];
}

/** A document that is stored by an import. */
export interface Stored {
  /** The version that is stored now; 0: none. */
  readonly expected: number;
  readonly found: MetadataDocument | undefined;
  readonly next: MetadataDocument;
  readonly incoming: Recorded;
}

/**
 * The entries of the file that go on from what this store knows of the user. If the file tells of another document than the
 * one here, there are none: the history here goes on by itself.
 */
const toldBy = async (
  journal: Journal,
  subject: string,
  { expected, incoming, keeping }: Stored & { readonly keeping: Keeping },
): Promise<readonly RecordedEntry[]> => {
  const { entries } = incoming;
  if (entries.length === 0) return entries;
  const [newest] = await journal.read({ subject, before: Number.MAX_SAFE_INTEGER, limit: 1 });
  const known = expected || (newest?.version ?? 0);
  if (known === 0) return entries;
  const later = entries.filter(({ version }) => version > known);
  const twin = entries.find(({ version }) => version === newest?.version);
  const isTwin = twin === undefined || toStored(subject, twin, keeping).body === newest?.body;
  return isTwin && previousOf(later[0]) === expected ? later : [];
};

const previousOf = (entry: RecordedEntry | undefined): number | undefined =>
  entry && readEntry({ subject: "", ...entry }).previous;

interface Recording {
  readonly by: Actor;
  readonly keeping: Keeping;
  readonly told: readonly RecordedEntry[];
}

/** What the file tells, and one of the import unless that tells of the document. */
const entriesFor = (
  userId: string,
  { found, next, incoming }: Stored,
  { by, keeping, told }: Recording,
): readonly StoredEntry[] => {
  const newest = told.at(-1)?.version;
  const entries = kept(userId, told, keeping);
  if (newest === next.version) return entries;
  // Of other users a later version was removed here, so that this one's document gets a later version than the file's.
  const isTold = newest === incoming.version;
  const before = isTold ? { ...incoming.document, version: newest } : (found ?? EMPTY_DOCUMENT);
  return [...entries, entryOf(userId, [before, next], { by, at: Date.now() }, keeping.tiers)];
};
