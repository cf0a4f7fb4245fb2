import type { Actor, Author } from "../document/actor.ts";
import { EMPTY_DOCUMENT, type MetadataDocument, TIERS, type Tier } from "../document/document.ts";
import type { JsonObject, JsonValue } from "../document/json.ts";
import { UserMetadataError } from "../errors.ts";
import type { StoredEntry } from "../storing/journal.ts";
import { apply, type Delta, diff, type Side } from "./delta.ts";

/** Begins the subject of an entry that stands for one who was erased; no user id has such a character. */
export const ERASED = "\u0001";

/** The numbers of a document beside its version. */
type Stamps = Pick<MetadataDocument, "createdAt" | "updatedAt" | "claimsVersion">;

/** What changed, by part of the document. */
export type Deltas = Readonly<Partial<Record<Tier | "claims", Delta>>>;

/** The body of an entry, which is stored as JSON. */
export interface EntryBody {
  readonly by: readonly [kind: Actor["kind"], id: string, via: string];
  readonly reason?: string | undefined;
  /** The version that was stored before; 0: none. */
  readonly previous: number;
  /** `1`: nothing is stored any more. */
  readonly gone?: 1 | undefined;
  /** The version that was put back. */
  readonly restored?: number | undefined;
  /** The tiers that the history keeps, if not all. */
  readonly tiers?: readonly Tier[] | undefined;
  /** Numbers of the document before, which do not follow from those after. */
  readonly was?: Partial<Stamps> | undefined;
  /** Numbers of the document after, which do not follow from those before. */
  readonly is?: Partial<Stamps> | undefined;
  readonly changes: Deltas;
}

/** An entry whose body is read. */
export interface Entry extends EntryBody, Omit<StoredEntry, "body"> {}

/** What is known of a write when it is recorded. */
export interface Recorded extends Author {
  readonly restored?: number | undefined;
  /** When it is written, in ms since 1970. @default the document's `updatedAt` */
  readonly at?: number | undefined;
}

/** A document at a version, as far as the history knows it: a tier that it did not keep is missing. */
export interface Past extends Stamps {
  readonly version: number;
  readonly tiers: Readonly<Partial<Record<Tier, JsonObject>>>;
  readonly claims: readonly string[] | undefined;
}

/** Nothing is stored. */
export const NOTHING: Past = toPast(EMPTY_DOCUMENT);

/** A document that is known. */
export function toPast(document: MetadataDocument): Past {
  const {
    version,
    createdAt,
    updatedAt,
    claimsVersion,
    claims,
    public: publicTier,
    private: privateTier,
  } = document;
  const tiers = { public: publicTier, private: privateTier, unsafe: document.unsafe };
  return { version, createdAt, updatedAt, claimsVersion, tiers, claims };
}

/**
 * The entry of a write. One that could not be read before has no time then.
 *
 * @example
 * ```ts
 * import { EMPTY_DOCUMENT, TIERS } from "@usermeta/core";
 * import { entryOf } from "@usermeta/core/storing";
 *
 * const document = { ...EMPTY_DOCUMENT, version: 1, createdAt: 1, updatedAt: 1 };
 * const by = { kind: "import", id: "file", via: "cli" } as const;
 * console.log(entryOf("jane", [EMPTY_DOCUMENT, document], { by }, TIERS).version); // 1
 * ```
 */
export const entryOf = (
  subject: string,
  [before, after]: readonly [MetadataDocument, MetadataDocument],
  { by, reason, restored, at: given }: Recorded,
  kept: readonly Tier[],
): StoredEntry => {
  const gone = after.version === 0;
  const at = given ?? (gone ? Date.now() : after.updatedAt);
  const version = gone ? Math.max(at, before.version + 1) : after.version;
  const was = before.version > 0 ? unusual(before, usualBefore(after, before.version)) : undefined;
  const is = gone ? undefined : unusual(after, usualAfter(before, at));
  // As text at once, since this is made of each write.
  let body = `{"by":${JSON.stringify([by.kind, by.id, by.via])},"previous":${before.version}`;
  if (reason !== undefined) body += `,"reason":${JSON.stringify(reason)}`;
  if (gone) body += ',"gone":1';
  if (restored !== undefined) body += `,"restored":${restored}`;
  if (kept.length < TIERS.length) body += `,"tiers":${JSON.stringify(kept)}`;
  if (was) body += `,"was":${JSON.stringify(was)}`;
  if (is) body += `,"is":${JSON.stringify(is)}`;
  body += `,"changes":{${deltasOf(before, after, kept)}}}`;
  return { subject, version, at, body };
};

const isUnknown = ({ version, createdAt }: MetadataDocument): boolean => version > 0 && createdAt === 0;

const deltasOf = (before: MetadataDocument, after: MetadataDocument, kept: readonly Tier[]): string => {
  const isWhole = isUnknown(before);
  let text = "";
  const put = (part: Tier | "claims", old: JsonValue, now: JsonValue): void => {
    const delta = isWhole ? `{"+":${JSON.stringify(now)}}` : diff(old, now);
    if (delta !== undefined) text += `${text && ","}"${part}":${delta}`;
  };
  for (const tier of kept) put(tier, before[tier], after[tier]);
  if (before.claims !== after.claims && kept.includes("public"))
    put("claims", [...before.claims], [...after.claims]);
  return text;
};

/** What the numbers after a write are, if the entry does not say otherwise. */
const usualAfter = (before: Stamps, at: number): Stamps => ({
  createdAt: before.createdAt || at,
  updatedAt: at,
  claimsVersion: before.claimsVersion,
});

/** What they were before it. */
const usualBefore = (after: Stamps, previous: number): Stamps => ({
  createdAt: after.createdAt,
  updatedAt: previous,
  claimsVersion: after.claimsVersion,
});

/** Those numbers that are not as usual; `undefined`: all are. */
const unusual = (stamps: Stamps, usual: Stamps): Partial<Stamps> | undefined => {
  const { createdAt, updatedAt, claimsVersion } = stamps;
  const differs = {
    ...(createdAt !== usual.createdAt && { createdAt }),
    ...(updatedAt !== usual.updatedAt && { updatedAt }),
    ...(claimsVersion !== usual.claimsVersion && { claimsVersion }),
  };
  return Object.keys(differs).length > 0 ? differs : undefined;
};

/** The document before an entry, from the one after it. */
export const undo = (after: Past, entry: Entry): Past => {
  if (entry.previous === 0) return NOTHING;
  const stamps = { ...usualBefore(after, entry.previous), ...entry.was };
  return { ...stamps, version: entry.previous, ...contentOf(after, entry, "-") };
};

/** The document after an entry, from the one before it. */
export const redo = (before: Past, entry: Entry): Past => {
  if (entry.gone) return NOTHING;
  const stamps = { ...usualAfter(before, entry.at), ...entry.is };
  return { ...stamps, version: entry.version, ...contentOf(before, entry, "+") };
};

const contentOf = (
  from: Past,
  { changes, tiers: kept = TIERS }: Entry,
  side: Side,
): Pick<Past, "tiers" | "claims"> => {
  const part = (name: Tier | "claims", value: JsonValue | undefined): JsonValue | undefined => {
    const delta = changes[name];
    return delta ? apply(value, delta, side) : value;
  };
  const tiers: Partial<Record<Tier, JsonObject>> = {};
  for (const tier of kept) {
    const value = part(tier, from.tiers[tier]);
    if (value !== undefined) tiers[tier] = value as JsonObject;
  }
  const claims = kept.includes("public") ? part("claims", from.claims && [...from.claims]) : undefined;
  return { tiers, claims: claims as readonly string[] | undefined };
};

/**
 * Reads an entry.
 * @throws UserMetadataError `store_corrupt`
 *
 * @example
 * ```ts
 * import { EMPTY_DOCUMENT, TIERS } from "@usermeta/core";
 * import { entryOf, readEntry } from "@usermeta/core/storing";
 *
 * const document = { ...EMPTY_DOCUMENT, version: 1, createdAt: 1, updatedAt: 1 };
 * const by = { kind: "import", id: "file", via: "cli" } as const;
 * console.log(readEntry(entryOf("jane", [EMPTY_DOCUMENT, document], { by }, TIERS)).previous); // 0
 * ```
 */
export const readEntry = ({ body, ...line }: StoredEntry): Entry => {
  try {
    const read: EntryBody = JSON.parse(body);
    if (!Array.isArray(read.by) || typeof read.changes !== "object") throw new SyntaxError("no entry");
    return { ...line, ...read };
  } catch (cause) {
    throw new UserMetadataError(
      "store_corrupt",
      `The entry of version ${line.version} in the history cannot be read. Restore the history from a backup, or remove the entry.`,
      { cause },
    );
  }
};
