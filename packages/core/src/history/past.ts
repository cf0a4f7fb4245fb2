import type { MetadataDocument } from "../document/document.ts";
import { UserMetadataError } from "../errors.ts";
import type { Journal, StoredEntry } from "../storing/journal.ts";
import { type Entry, NOTHING, type Past, readEntry, redo, toPast, undo } from "./entry.ts";

/** Entries read at once. */
const PAGE = 100;

/** Which document of a user is asked for. */
export type When = { readonly version: number } | { readonly at: number };

/** What the history is read from. */
export interface PastParts {
  readonly journal: Journal;
  readonly read: (userId: string) => Promise<MetadataDocument>;
  /** The oldest moment of which the history is kept, in ms since 1970. */
  readonly keptSince: () => number;
}

/** A user's lines, the newest first. */
export async function* linesOf(
  journal: Journal,
  subject: string,
  before: number = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<StoredEntry, void> {
  for (let from = before; ; ) {
    const page = await journal.read({ subject, before: from, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    from = last.version;
  }
}

/** A user's entries, the newest first. @throws UserMetadataError `store_corrupt` */
export async function* entriesOf(
  ...[journal, subject, before]: Parameters<typeof linesOf>
): AsyncGenerator<Entry, void> {
  for await (const line of linesOf(journal, subject, before)) yield readEntry(line);
}

/**
 * The document as it was: from what is stored now back, entry by entry. If what is stored cannot be read, forth from
 * when the document was made.
 * @throws UserMetadataError `version_unknown` if the history does not have it
 */
export const findPast = async (parts: PastParts, userId: string, when: When): Promise<Past> => {
  const past = await walk(parts, userId, when);
  if (Object.keys(past.tiers).length === 0) throw unknownVersion();
  return past;
};

const walk = async (parts: PastParts, userId: string, when: When): Promise<Past> => {
  let current: MetadataDocument;
  try {
    current = await parts.read(userId);
  } catch (error) {
    if (!UserMetadataError.is(error) || error.code !== "document_corrupt") throw error;
    return forthTo(parts, userId, when);
  }
  // Somebody may have made the document between the two reads; it is not so twice.
  const past =
    (await backTo(parts, userId, { current, when })) ??
    (await backTo(parts, userId, { current: await parts.read(userId), when }));
  if (past) return past;
  throw unknownVersion();
};

const isAt = (when: When, version: number, at: number): boolean =>
  "version" in when ? version === when.version : at <= when.at;

interface Walk {
  readonly current: MetadataDocument;
  readonly when: When;
}

/** `undefined`: nothing is stored, and the newest entry does not say so. */
const backTo = async (
  { journal, keptSince }: PastParts,
  userId: string,
  { current, when }: Walk,
): Promise<Past | undefined> => {
  if (current.version > 0 && isAt(when, current.version, current.updatedAt)) return toPast(current);
  let past = toPast(current);
  let isNewest = true;
  const before = current.version > 0 ? current.version + 1 : undefined;
  for await (const entry of entriesOf(journal, userId, before)) {
    if (past.version === 0 ? !entry.gone : entry.version !== past.version) {
      if (isNewest && current.version === 0) return undefined;
      throw unknownVersion();
    }
    isNewest = false;
    if (isAt(when, entry.version, entry.at)) return past;
    past = undo(past, entry);
    if (past.version > 0 && isAt(when, past.version, past.updatedAt)) return past;
  }
  // Before the first entry nothing was stored, unless that is before what is kept.
  if (past.version === 0 && "at" in when && when.at >= keptSince()) return NOTHING;
  throw unknownVersion();
};

const forthTo = async ({ journal }: PastParts, userId: string, when: When): Promise<Past> => {
  const entries: Entry[] = [];
  for await (const entry of entriesOf(journal, userId)) entries.push(entry);
  let past: Past | undefined;
  let found: Past | undefined;
  for (const entry of entries.reverse()) {
    const isNext = entry.previous === (past?.version ?? -1) || entry.previous === 0;
    past = isNext ? redo(entry.previous === 0 ? NOTHING : (past as Past), entry) : undefined;
    if (past && isAt(when, entry.version, entry.at)) found = past;
  }
  if (found) return found;
  throw unknownVersion();
};

const unknownVersion = (): UserMetadataError =>
  new UserMetadataError(
    "version_unknown",
    "The history does not have this version: the user never had it, or it is no longer kept. List the history to see which versions there are.",
  );
