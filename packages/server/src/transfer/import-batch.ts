import { isDeepStrictEqual } from "node:util";
import {
  type Change,
  createUserMetadata,
  type MetadataDocument,
  type Store,
  UserMetadataError,
} from "@usermeta/core";
import type { ServerConfig } from "../config/config.ts";
import { engineOptions } from "../config/open.ts";
import type { Recorded, RecordImport } from "./import-entries.ts";
import type { ImportedUser } from "./mapping.ts";
import { toDocument } from "./record.ts";

/** What became of the users of an import. Together they are all of them. */
export interface ImportCounts {
  written: number;
  /** What was there already, in the same version or with the same content. */
  unchanged: number;
  /** What was there in a later version, and stays. */
  newer: number;
  withoutMetadata: number;
  refused: number;
}

/** A document to be stored. */
export interface Incoming extends Recorded {
  /** Whether nobody knows when it was changed, so that its content says whether it was. */
  readonly isUndated: boolean;
}

/** Judges a user by the limits, schemas and claims of the config. It rejects with what is refused. */
export type JudgeUser = (user: ImportedUser) => Promise<Incoming>;

/** A judge that is an engine over a store that keeps nothing: what the engine would refuse, an import refuses. */
export const createJudge = (config: ServerConfig): JudgeUser => {
  const nowhere: Store = {
    read: async (userIds) => userIds.map(() => undefined),
    write: async (changes) => changes.map(() => true),
  };
  const engine = createUserMetadata({ ...engineOptions(config), store: nowhere });
  return async ({ record, isUndated }) => {
    const { userId, publicMetadata, privateMetadata, unsafeMetadata, claims } = record;
    const tiers = { publicMetadata, privateMetadata, unsafeMetadata, claims };
    const checked = await engine.replaceUserMetadata(userId, tiers);
    const document = toDocument({
      ...record,
      publicMetadata: checked.publicMetadata,
      privateMetadata: checked.privateMetadata,
      unsafeMetadata: checked.unsafeMetadata,
      claims: checked.claims,
    });
    const { version, history = [] } = record;
    const entries = history.length > 0 && isSame(document, toDocument(record)) ? history : [];
    return { document, isUndated, version, entries };
  };
};

/** A schema may have made something else of a document than what its history tells. */
const isSame = (one: MetadataDocument, other: MetadataDocument): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

const MAX_ROUNDS = 10;

/** Documents to be stored, each for another user. */
export type Batch = ReadonlyMap<string, Incoming>;

/** An engine's versions are times in ms, so that a lesser one was given by an import of undated users. */
const FIRST_WRITTEN = 1_000_000_000_000;

const contentOf = ({ public: publicTier, private: privateTier, unsafe, claims }: MetadataDocument): unknown =>
  JSON.parse(JSON.stringify([publicTier, privateTier, unsafe, claims]));

/** What becomes of a document beside the one that is stored: a later one, or why it is not stored. */
const decide = (
  stored: MetadataDocument | undefined,
  { document, isUndated }: Incoming,
): MetadataDocument | "unchanged" | "newer" => {
  if (!stored) return document;
  if (!isUndated) {
    if (stored.version === document.version) return "unchanged";
    return stored.version > document.version ? "newer" : document;
  }
  if (isDeepStrictEqual(contentOf(stored), contentOf(document))) return "unchanged";
  if (stored.version >= FIRST_WRITTEN) return "newer";
  const version = stored.version + 1;
  const { createdAt } = stored;
  return { ...document, version, claimsVersion: version, createdAt, updatedAt: Date.now() };
};

/** How a batch is written. */
export interface BatchOptions {
  readonly isDryRun: boolean;
  /** Makes the entries of the history; `undefined`: none are kept. */
  readonly record: RecordImport | undefined;
}

/** What became of a batch. */
export interface BatchResult extends Pick<ImportCounts, "written" | "unchanged" | "newer"> {
  /** Those of whom something is stored that cannot be read, and why: it stays. */
  readonly unreadable: readonly (readonly [userId: string, error: UserMetadataError])[];
}

/**
 * Stores documents as they are, unless what is stored is as new. A document that somebody writes meanwhile is looked at
 * again.
 * @throws UserMetadataError `write_contended`, and what the store throws
 */
export const writeBatch = async (
  store: Store,
  batch: Batch,
  { isDryRun, record }: BatchOptions,
): Promise<BatchResult> => {
  const counts = { written: 0, unchanged: 0, newer: 0 };
  const unreadable: (readonly [string, UserMetadataError])[] = [];
  let pending: (readonly [userId: string, next: Incoming])[] = [...batch];
  for (let round = 0; pending.length > 0; round += 1) {
    if (round === MAX_ROUNDS) throw contended(pending.length);
    const stored = await store.read(pending.map(([userId]) => userId));
    const changes: (Change & { readonly incoming: Incoming })[] = [];
    for (const [index, [userId, incoming]] of pending.entries()) {
      const found = stored[index];
      if (UserMetadataError.is(found)) {
        unreadable.push([userId, found]);
        continue;
      }
      const next = decide(found, incoming);
      if (typeof next === "string") {
        counts[next] += 1;
        continue;
      }
      const change = { userId, expected: found?.version ?? 0, next, incoming };
      changes.push(record ? { ...change, entries: await record(userId, { ...change, found }) } : change);
    }
    const applied = isDryRun || changes.length === 0 ? changes.map(() => true) : await store.write(changes);
    counts.written += applied.filter((swap) => swap === true).length;
    pending = changes.flatMap(({ userId, incoming }, index) => {
      const swap = applied[index] ?? false;
      if (UserMetadataError.is(swap)) throw swap;
      if (swap === true) return [];
      return [[userId, swap === false ? incoming : after(swap, incoming)] as const];
    });
  }
  return { ...counts, unreadable };
};

/** A version that the user may have had before does not come again. */
const after = (version: number, { document, ...rest }: Incoming): Incoming => ({
  document: { ...document, version: version + 1 },
  ...rest,
});

const contended = (users: number): UserMetadataError =>
  new UserMetadataError(
    "write_contended",
    `Other processes kept on writing ${users} of these users. Run the import again: it goes on where it was.`,
  );
