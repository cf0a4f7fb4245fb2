import {
  type FoundDocument,
  isJsonObject,
  type Journal,
  type JsonValue,
  type StoredEntry,
  TIERS,
  type Tier,
  UserMetadataError,
} from "@usermeta/core";
import { readEntry } from "@usermeta/core/storing";

/** An entry in a line of an export: `body` is JSON text, as the store keeps it. */
export type RecordedEntry = Omit<StoredEntry, "subject">;

const PAGE = 500;

/** The entries of a user's history up to the document, the oldest first: later ones were written after it was read. */
export const historyOf = async (
  journal: Journal,
  { userId, document }: FoundDocument,
): Promise<readonly RecordedEntry[]> => {
  const entries: RecordedEntry[] = [];
  let before = UserMetadataError.is(document) ? 0 : document.version + 1;
  for (let isMore = before > 0; isMore; ) {
    const page = await journal.read({ subject: userId, before, limit: PAGE });
    for (const { version, at, body } of page) entries.push({ version, at, body });
    before = page.at(-1)?.version ?? 0;
    isMore = page.length === PAGE;
  }
  return entries.reverse();
};

/** What is kept of a history. */
export interface Keeping {
  /** The oldest moment of which entries are kept, in ms since 1970. */
  readonly since: number;
  readonly maxEntries: number;
  readonly tiers: readonly Tier[];
}

/**
 * Reads the entries of a line, the oldest first.
 * @throws UserMetadataError `json_value_refused` for one that is not an entry, or is not older than the next
 */
export const toEntries = (history: JsonValue | undefined, version: number): readonly RecordedEntry[] => {
  if (history === undefined) return [];
  if (!Array.isArray(history)) throw refused("", "is not a list of entries");
  let newest = 0;
  return history.map((value, index) => {
    const entry = toEntry(value);
    if (entry === undefined) throw refused(`/${index}`, "is not an entry");
    if (entry.version <= newest || entry.version > version)
      throw refused(`/${index}`, "has a version that is not between those beside it");
    newest = entry.version;
    return entry;
  });
};

const toEntry = (value: JsonValue): RecordedEntry | undefined => {
  if (!isJsonObject(value)) return undefined;
  const { version, at, body } = value;
  if (!isCount(version) || !isCount(at) || typeof body !== "string") return undefined;
  try {
    readEntry({ subject: "", version, at, body });
    return { version, at, body };
  } catch {
    return undefined;
  }
};

const isCount = (value: JsonValue | undefined): value is number =>
  Number.isSafeInteger(value) && Number(value) > 0;

const refused = (path: string, what: string): UserMetadataError =>
  new UserMetadataError(
    "json_value_refused",
    `history${path} ${what}. Write it as \`usermeta export\` does.`,
    {
      details: { path: `/history${path}` },
    },
  );

/** What is kept of a user's entries. */
export const kept = (
  userId: string,
  entries: readonly RecordedEntry[],
  keeping: Keeping,
): readonly StoredEntry[] =>
  entries
    .filter(({ at }) => at >= keeping.since)
    .slice(-keeping.maxEntries)
    .map((entry) => toStored(userId, entry, keeping));

/** A user's entry, without the tiers that the history does not keep. */
export const toStored = (subject: string, recorded: RecordedEntry, { tiers }: Keeping): StoredEntry => {
  const entry = { subject, ...recorded };
  if (tiers.length === TIERS.length) return entry;
  const body = JSON.parse(entry.body) as { readonly tiers?: readonly Tier[]; readonly changes: object };
  const had = body.tiers ?? TIERS;
  const isKept = (part: string): boolean =>
    tiers.some((tier) => tier === (part === "claims" ? "public" : part));
  const changes = Object.fromEntries(Object.entries(body.changes).filter(([part]) => isKept(part)));
  return { ...entry, body: JSON.stringify({ ...body, tiers: had.filter(isKept), changes }) };
};
