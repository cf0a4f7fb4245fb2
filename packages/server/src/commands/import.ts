import { UserMetadataError, wholeOf } from "@usermeta/core";
import type { ServerConfig } from "../config/config.ts";
import { withStore } from "../config/open.ts";
import { type Entry, entriesOf, type Input } from "../transfer/entries.ts";
import {
  type Batch,
  createJudge,
  type ImportCounts,
  type Incoming,
  type JudgeUser,
  writeBatch,
} from "../transfer/import-batch.ts";
import { recordingOf } from "../transfer/import-entries.ts";
import { listNames } from "../transfer/names.ts";
import { createProgress } from "../transfer/progress.ts";

/** What to import, and how. */
export interface ImportRequest extends Input {
  /** Reads and judges, and writes nothing. */
  readonly isDryRun: boolean;
  /** Whether the entries of users' histories are stored too. */
  readonly withHistory: boolean;
}

const BATCH = 500;
/** Bytes of a batch, beyond which it takes no other user: histories are long. */
const BATCH_BYTES = 8 * 1024 * 1024;
/** Refusals that are told one by one. A dry run tells all: it is asked for them. */
const MAX_TOLD = 20;

/**
 * Imports users. What is there already is passed over, so that an import that was cut off goes on when it is run again.
 * @returns false if an entry was refused; each refusal is printed on standard error
 * @throws UserMetadataError `options_invalid` if no user of another system has metadata that is known
 */
export const importCommand = (config: ServerConfig, request: ImportRequest): Promise<boolean> =>
  withStore(config, { create: !request.isDryRun }, async (store) => {
    const progress = createProgress();
    const counts: ImportCounts = { written: 0, unchanged: 0, newer: 0, withoutMetadata: 0, refused: 0 };
    const tell = (text: string): void => {
      progress.clear();
      process.stderr.write(`${text}\n`);
    };
    const refuse = refusing(counts, tell, request.isDryRun ? Number.POSITIVE_INFINITY : MAX_TOLD);
    const entries = entriesOf(request, {
      tell,
      progress: (bytes, size) => progress.show(`${totalOf(counts)} users`, bytes, size),
    });
    const record = recordingOf(config, store, request.from);
    const judge = judging(config, request, tell);
    try {
      for await (const batch of batches(entries)) {
        const documents = await judgeAll(batch, judge, counts, refuse);
        const done = await writeBatch(store, documents, { isDryRun: request.isDryRun, record });
        for (const name of ["written", "unchanged", "newer"] as const) counts[name] += done[name];
        for (const [userId, error] of done.unreadable) refuse(userOf(userId), error);
      }
    } finally {
      const leftOut = entries.mapping?.leftOut ?? new Set();
      if (leftOut.size > 0) tell(`Left out of each user: ${listNames(leftOut)}.`);
      tell(summaryOf(counts, request.isDryRun));
    }
    const read = totalOf(counts) - counts.refused;
    entries.mapping?.checkUnderstood(read);
    return counts.refused === 0;
  });

/** A judge that takes the history of a user only if it was asked to, and tells once that there is one. */
const judging = (
  config: ServerConfig,
  { withHistory }: ImportRequest,
  tell: (text: string) => void,
): JudgeUser => {
  const judge = createJudge(config);
  if (withHistory) return judge;
  let isTold = false;
  return async (user) => {
    const { history = [], ...record } = user.record;
    if (history.length > 0 && !isTold)
      tell("The file has the history of its users. Give --history to store it too.");
    isTold ||= history.length > 0;
    return judge({ ...user, record });
  };
};

const totalOf = (counts: ImportCounts): number =>
  Object.values(counts).reduce((total: number, count: number) => total + count, 0);

const summaryOf = (counts: ImportCounts, isDryRun: boolean): string =>
  `${totalOf(counts)} users: ${counts.written} ${isDryRun ? "would be written" : "written"}, ` +
  `${counts.unchanged} there already, ${counts.newer} newer in the store and kept, ` +
  `${counts.withoutMetadata} without metadata, ${counts.refused} refused.`;

/** Of several entries of one user the newest counts, and of equal ones the last. The others are counted as such. */
const add = (
  documents: Map<string, Incoming>,
  [userId, incoming]: readonly [string, Incoming],
  counts: ImportCounts,
): void => {
  const other = documents.get(userId)?.document.version ?? 0;
  const { version } = incoming.document;
  if (other !== 0) counts[other === version ? "unchanged" : "newer"] += 1;
  if (other <= version) documents.set(userId, incoming);
};

const judgeAll = async (
  batch: readonly Entry[],
  judge: JudgeUser,
  counts: ImportCounts,
  refuse: Refuse,
): Promise<Batch> => {
  const documents = new Map<string, Incoming>();
  const judged = await Promise.allSettled(
    batch.map(async ({ read }) => {
      const user = read();
      return user && ([user.record.userId, await judge(user)] as const);
    }),
  );
  for (const [index, result] of judged.entries()) {
    if (result.status === "fulfilled") {
      if (result.value) add(documents, result.value, counts);
      else counts.withoutMetadata += 1;
      continue;
    }
    if (!UserMetadataError.is(result.reason)) throw result.reason;
    refuse(placeOf(batch[index] as Entry), wholeOf(result.reason));
  }
  return documents;
};

/** Counts a refusal, and tells it. */
type Refuse = (place: string, error: UserMetadataError) => void;

const refusing =
  (counts: ImportCounts, tell: (text: string) => void, most: number): Refuse =>
  (place, { message, code }) => {
    counts.refused += 1;
    if (counts.refused <= most) tell(`${place}${message} (${code})`);
    if (counts.refused === most) tell("Further refusals are counted, and not told.");
  };

const placeOf = ({ number, userId }: Entry): string => {
  const known = namedBy(userId);
  return `entry ${number}: ${known === undefined ? "" : userOf(known)}`;
};

const userOf = (userId: string): string => `user ${JSON.stringify(userId.slice(0, 128))}: `;

/** An entry that cannot be read may have no user id that can be told. */
const namedBy = (userId: () => string | undefined): string | undefined => {
  try {
    return userId();
  } catch {
    return undefined;
  }
};

async function* batches(entries: AsyncIterable<Entry>): AsyncGenerator<readonly Entry[]> {
  let batch: Entry[] = [];
  let bytes = 0;
  for await (const entry of entries) {
    batch.push(entry);
    bytes += entry.size;
    if (batch.length < BATCH && bytes < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}
