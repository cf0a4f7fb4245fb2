import { EMPTY_DOCUMENT, type MetadataDocument, TIERS, type Tier } from "../document/document.ts";
import type {
  DiffOptions,
  ErasureReceipt,
  FollowedEntry,
  FollowOptions,
  HistoryChange,
  HistoryOptions,
  HistoryPage,
  OwnHistoryPage,
  PastOptions,
  WholeEntry,
} from "../document/history-types.ts";
import { type JsonValue, toHex, toUtf8 } from "../document/json.ts";
import { invalidOption } from "../errors.ts";
import type { Journal } from "../storing/journal.ts";
import { invalidHistoryQuery } from "../storing/journal-errors.ts";
import { isolatesRequests } from "../storing/turn.ts";
import type { Erased, Recorder, Write, Written } from "../storing/write.ts";
import { changesOf, PARTS, type Part } from "./changes.ts";
import { type Delta, diff } from "./delta.ts";
import { type Entry, ERASED, entryOf, NOTHING, type Past } from "./entry.ts";
import { Alarm, follow } from "./follow.ts";
import type { Keeping } from "./keeping.ts";
import { entriesOf, findPast, linesOf, type When } from "./past.ts";
import { Trimmer } from "./trimmer.ts";
import { isForUsers, toHistoryEntry, toOwnEntry, toWholeEntry } from "./views.ts";

/** What a history is made of. */
export interface HistoryParts {
  readonly journal: Journal;
  readonly read: (userId: string) => Promise<MetadataDocument>;
  readonly write: (userId: string, write: Write) => Promise<Written>;
  /** What is kept of writes; `undefined`: nothing. */
  readonly keeping: Keeping | undefined;
}

/** What is written by a rollback or an erasure. */
type Authored = Pick<Write, "by" | "reason" | "condition" | "signal">;

/** A page of a user's entries. */
interface EntryPage {
  readonly entries: readonly Entry[];
  readonly cursor: string | undefined;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;
/** Entries looked at for one page. */
const MAX_SCANNED = 2000;

/** Reads the history of users, puts versions back, and erases. */
export class History {
  readonly #parts: HistoryParts;
  readonly #alarm: Alarm = new Alarm();
  readonly #trimmer: Trimmer | undefined;
  /** Makes the entry of a write. */
  readonly record: Recorder;

  constructor(parts: HistoryParts) {
    this.#parts = parts;
    const { keeping, journal } = parts;
    const tiers = keeping?.tiers ?? TIERS;
    this.record = (userId, documents, write) => entryOf(userId, documents, write, tiers);
    this.#trimmer = keeping && new Trimmer(journal, keeping);
    if (!isolatesRequests()) this.#trimmer?.start();
  }

  /** Entries of these users were written by this engine. */
  wrote(userIds: readonly string[]): void {
    for (const userId of userIds) this.#trimmer?.wrote(userId);
    if (isolatesRequests()) void this.#trimmer?.pass();
    else this.#alarm.ring();
  }

  /** Ends what goes on in the background. */
  close(): void {
    this.#trimmer?.close();
    this.#alarm.close();
  }

  /** A page of a user's entries, the newest first. @throws UserMetadataError `query_invalid` */
  async list(
    userId: string,
    options: HistoryOptions = {},
    isFor: (entry: Entry) => boolean = () => true,
  ): Promise<EntryPage> {
    const { before, limit, isWanted } = toQuery(options);
    const found: Entry[] = [];
    let scanned = 0;
    for await (const entry of entriesOf(this.#parts.journal, userId, before)) {
      if (isWanted(entry) && isFor(entry)) found.push(entry);
      scanned += 1;
      if (found.length === limit || scanned === MAX_SCANNED)
        return { entries: found, cursor: String(entry.version) };
    }
    return { entries: found, cursor: undefined };
  }

  /** A page for server code. @throws UserMetadataError `query_invalid` */
  async page(userId: string, options?: HistoryOptions): Promise<HistoryPage> {
    const { entries, cursor } = await this.list(userId, options);
    return { entries: entries.map(toHistoryEntry), cursor };
  }

  /** A page for admins. @throws UserMetadataError `query_invalid` */
  async whole(
    userId: string,
    options: HistoryOptions,
  ): Promise<Pick<HistoryPage, "cursor"> & { readonly entries: readonly WholeEntry[] }> {
    const { entries, cursor } = await this.list(userId, options);
    return { entries: entries.map(toWholeEntry), cursor };
  }

  /** A page for the user whose history it is. @throws UserMetadataError `query_invalid` */
  async own(userId: string, options: HistoryOptions): Promise<OwnHistoryPage> {
    const { entries, cursor } = await this.list(userId, options, isForUsers);
    return { entries: entries.map(toOwnEntry), cursor };
  }

  /** The document as it was, for admins. @throws UserMetadataError `version_unknown` */
  async view(userId: string, when: PastOptions): Promise<{ readonly version: number }> {
    const { tiers, claims, version, createdAt, updatedAt } = await this.past(userId, when);
    const { public: publicMetadata, unsafe: unsafeMetadata, private: privateMetadata } = tiers;
    const shown = { userId, publicMetadata, unsafeMetadata, version };
    const times = { createdAt: createdAt || null, updatedAt: updatedAt || null };
    return { ...shown, ...times, privateMetadata, claims } as { version: number };
  }

  /** The document as it was. @throws UserMetadataError `version_unknown` */
  past(userId: string, when: PastOptions): Promise<Past> {
    const { journal, read, keeping } = this.#parts;
    const keptSince = (): number => Date.now() - (keeping?.keepMs ?? 0);
    return findPast({ journal, read, keptSince }, userId, toWhen(when));
  }

  /** What makes one version of another, as a JSON Patch. @throws UserMetadataError `version_unknown` */
  async diff(
    userId: string,
    [from, to]: readonly [number, number],
    { tiers = ["public", "unsafe"] }: DiffOptions = {},
  ): Promise<readonly HistoryChange[]> {
    const [before, after] = [await this.#at(userId, from), await this.#at(userId, to)];
    const isAll = checkTiers(tiers).length === TIERS.length;
    const parts = PARTS.filter((part) => (part === "claims" ? isAll : tiers.includes(part)));
    const deltas: Partial<Record<Part, Delta>> = {};
    for (const part of parts) {
      const [old, now] = [partOf(before, part), partOf(after, part)];
      const delta = old !== undefined && now !== undefined ? diff(old, now) : undefined;
      if (delta) deltas[part] = JSON.parse(delta) as Delta;
    }
    return changesOf(deltas, parts);
  }

  /** Version 0 is that of nothing. */
  #at(userId: string, version: number): Promise<Past> | Past {
    return version === 0 ? NOTHING : this.past(userId, { version });
  }

  /**
   * Writes a version that equals an old one.
   * @throws UserMetadataError `version_unknown`, and whatever a write throws
   */
  async rollback(
    userId: string,
    version: number,
    { tiers, ...authored }: Authored & { readonly tiers?: readonly Tier[] | undefined },
  ): Promise<MetadataDocument> {
    const past = await this.past(userId, { version });
    const put = checkTiers(tiers ?? TIERS.filter((tier) => past.tiers[tier]));
    const missing = put.find((tier) => !past.tiers[tier]);
    if (missing !== undefined) throw invalidHistoryQuery(`the history does not keep the tier ${missing}`);
    const isWhole = put.length === TIERS.length;
    const { after } = await this.#parts.write(userId, {
      ...authored,
      restored: version,
      isWhole,
      change: (current) => (isWhole && past.version === 0 ? null : putBack(current, past, put)),
      sent: put.map((tier) => [tier, past.tiers[tier] ?? {}] as const),
    });
    return after;
  }

  /** Removes the document and its entries. What stays tells of the user by a digest. */
  async erase(userId: string, { by, reason, condition, signal }: Authored): Promise<ErasureReceipt> {
    const { journal, write } = this.#parts;
    const digest = await digestOf(await journal.salt(), userId);
    let entries = 0;
    for await (const _ of linesOf(journal, userId)) entries += 1;
    // Who erases their own may not be named by what stays.
    const named = by.id === userId ? { ...by, id: "the user" } : by;
    let receipt: ErasureReceipt | undefined;
    const erase = (version: number): Erased => {
      const at = Date.now();
      receipt = { digest, at, version, entries, by: named, reason };
      const subject = ERASED + digest;
      const nothing = [EMPTY_DOCUMENT, EMPTY_DOCUMENT] as const;
      const entry = { ...entryOf(subject, nothing, { by: named, reason }, TIERS), version, at };
      return { entry, erasure: { digest, at, body: JSON.stringify(receipt) } };
    };
    await write(userId, { by, reason, condition, signal, change: () => null, isWhole: true, erase });
    return receipt as unknown as ErasureReceipt;
  }

  /** The erasures of a user, the oldest first. */
  async erasures(userId: string): Promise<readonly ErasureReceipt[]> {
    const { journal } = this.#parts;
    const stored = await journal.erasures(await digestOf(await journal.salt(), userId));
    return stored.map(({ body }) => JSON.parse(body) as ErasureReceipt);
  }

  /** All entries of a user with all that they tell, the newest first. */
  async entries(userId: string): Promise<readonly WholeEntry[]> {
    const all: WholeEntry[] = [];
    for await (const entry of entriesOf(this.#parts.journal, userId)) all.push(toWholeEntry(entry));
    return all;
  }

  follow(options: FollowOptions): AsyncGenerator<FollowedEntry, void> {
    return follow(this.#parts.journal, this.#alarm, options);
  }
}

/** @throws UserMetadataError `options_invalid` */
const toWhen = (options: PastOptions): When => {
  const when = "version" in options ? { version: options.version } : { at: Number(options.at) };
  if (Object.values(when).every(Number.isFinite)) return when;
  throw invalidOption("version is not a number, or at is not a time; give one of the two");
};

const partOf = (past: Past, part: Part): JsonValue | undefined =>
  part === "claims" ? past.claims && [...past.claims] : past.tiers[part];

const putBack = (current: MetadataDocument, { tiers, claims }: Past, put: readonly Tier[]) => {
  const content = { ...current };
  for (const tier of put) content[tier] = tiers[tier] ?? {};
  const flagged = put.includes("public") && claims ? claims : current.claims;
  return { ...content, claims: flagged.filter((key) => Object.hasOwn(content.public, key)) };
};

const checkTiers = (tiers: readonly Tier[]): readonly Tier[] => {
  const unknown = tiers.find((tier) => !TIERS.includes(tier));
  if (unknown === undefined) return [...new Set(tiers)];
  throw invalidHistoryQuery(`tiers has ${JSON.stringify(unknown)}; use ${TIERS.join(", ")}`);
};

const toQuery = ({ limit = DEFAULT_LIMIT, cursor, tier, actor }: HistoryOptions) => {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw invalidHistoryQuery(`limit is ${limit}; give a whole number from 1 to ${MAX_LIMIT}`);
  const before = cursor === undefined ? undefined : Number(cursor);
  if (before !== undefined && !(Number.isSafeInteger(before) && before > 0))
    throw invalidHistoryQuery("cursor is not valid; pass the one of the page before");
  if (tier !== undefined) checkTiers([tier]);
  const isWanted = ({ changes, by }: Entry): boolean =>
    (tier === undefined || changes[tier] !== undefined) && (actor === undefined || by[1] === actor);
  return { before, limit, isWanted };
};

const digestOf = async (salt: string, userId: string): Promise<string> =>
  toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", toUtf8(`${salt}:${userId}`))));
