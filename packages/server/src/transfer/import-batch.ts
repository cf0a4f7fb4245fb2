import { createUserMetadata, type MetadataDocument, type Store, UserMetadataError } from "@usermeta/core";
import type { ServerConfig } from "../config/config.ts";
import { engineOptions } from "../config/open.ts";
import { toDocument, type UserRecord } from "./record.ts";

/** What became of the records of an import. */
export interface ImportCounts {
  written: number;
  /** What was there already, in the same version. */
  unchanged: number;
  /** What was there in a later version, and stays. */
  newer: number;
  refused: number;
}

/** Judges a record by the limits, schemas and claims of the config. It rejects with what is refused. */
export type JudgeRecord = (record: UserRecord) => Promise<MetadataDocument>;

/** A judge that is an engine over a store that keeps nothing: what the engine would refuse, an import refuses. */
export const createJudge = (config: ServerConfig): JudgeRecord => {
  const nowhere: Store = {
    read: async (userIds) => userIds.map(() => undefined),
    write: async (changes) => changes.map(() => true),
  };
  const engine = createUserMetadata({ ...engineOptions(config), store: nowhere });
  return async (record) => {
    const { userId, publicMetadata, privateMetadata, unsafeMetadata, claims } = record;
    const tiers = { publicMetadata, privateMetadata, unsafeMetadata, claims };
    const checked = await engine.replaceUserMetadata(userId, tiers);
    return toDocument({
      ...record,
      publicMetadata: checked.publicMetadata,
      privateMetadata: checked.privateMetadata,
      unsafeMetadata: checked.unsafeMetadata,
      claims: checked.claims,
    });
  };
};

const MAX_ROUNDS = 10;

/** Documents to be stored, each for another user. */
export type Batch = ReadonlyMap<string, MetadataDocument>;

/**
 * Stores documents as they are, unless what is stored is as new. A document that somebody writes meanwhile is looked at
 * again.
 * @throws UserMetadataError `write_contended`, and what the store throws
 */
export const writeBatch = async (
  store: Store,
  batch: Batch,
  isDryRun: boolean,
): Promise<Omit<ImportCounts, "refused">> => {
  const counts = { written: 0, unchanged: 0, newer: 0 };
  let pending: (readonly [userId: string, next: MetadataDocument])[] = [...batch];
  for (let round = 0; pending.length > 0; round += 1) {
    if (round === MAX_ROUNDS) throw contended(pending.length);
    const stored = await store.read(pending.map(([userId]) => userId));
    const changes = pending.flatMap(([userId, next], index) => {
      const found = stored[index];
      if (UserMetadataError.is(found)) throw found;
      const expected = found?.version ?? 0;
      if (expected === next.version) counts.unchanged += 1;
      else if (expected > next.version) counts.newer += 1;
      else return [{ userId, expected, next }];
      return [];
    });
    const applied = isDryRun || changes.length === 0 ? changes.map(() => true) : await store.write(changes);
    counts.written += applied.filter((swap) => swap === true).length;
    pending = changes.flatMap(({ userId, next }, index) => {
      const swap = applied[index] ?? false;
      if (UserMetadataError.is(swap)) throw swap;
      if (swap === true) return [];
      // A version that the user may have had before does not come again.
      return [[userId, swap === false ? next : { ...next, version: swap + 1 }] as const];
    });
  }
  return counts;
};

const contended = (users: number): UserMetadataError =>
  new UserMetadataError(
    "write_contended",
    `Other processes kept on writing ${users} of these users. Run the import again: it goes on where it was.`,
  );
