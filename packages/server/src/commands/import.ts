import { type MetadataDocument, UserMetadataError } from "@usermeta/core";
import type { ServerConfig } from "../config/config.ts";
import { withStore } from "../config/open.ts";
import { type Entry, entriesOf, type Input } from "../transfer/entries.ts";
import { createJudge, type ImportCounts, type JudgeRecord, writeBatch } from "../transfer/import-batch.ts";
import { createProgress } from "../transfer/progress.ts";

/** What to import, and how. */
export interface ImportRequest extends Input {
  /** Reads and judges, and writes nothing. */
  readonly isDryRun: boolean;
}

const BATCH = 500;
const MAX_TOLD = 20;

/**
 * Imports users. What is there already is passed over, so that an import that was cut off goes on when it is run again.
 * @returns false if an entry was refused; each refusal is printed on standard error
 */
export const importCommand = (config: ServerConfig, request: ImportRequest): Promise<boolean> =>
  withStore(config, async (store) => {
    const progress = createProgress();
    const counts: ImportCounts = { written: 0, unchanged: 0, newer: 0, refused: 0 };
    const tell = (text: string): void => {
      progress.clear();
      process.stderr.write(`${text}\n`);
    };
    const refuse = (number: number, error: UserMetadataError): void => {
      counts.refused += 1;
      if (counts.refused <= MAX_TOLD) tell(`entry ${number}: ${wholeOf(error).message} (${error.code})`);
      if (counts.refused === MAX_TOLD) tell("Further refusals are counted, and not told.");
    };
    const judge = createJudge(config);
    const leftOut = new Set<string>();
    for await (const batch of batches(entriesOf(request, { progress, tell, counts, leftOut }))) {
      const documents = await judgeAll(batch, judge, refuse);
      const done = await writeBatch(store, documents, request.isDryRun);
      counts.written += done.written;
      counts.unchanged += done.unchanged;
      counts.newer += done.newer;
    }
    if (leftOut.size > 0) tell(`Left out of each user: ${[...leftOut].sort().join(", ")}.`);
    tell(summaryOf(counts, request.isDryRun));
    return counts.refused === 0;
  });

/** What is kept from clients of the private tier is told to whoever imports it. */
const wholeOf = (error: UserMetadataError): UserMetadataError => {
  const { code, cause } = error;
  return UserMetadataError.is(cause) && cause.code === code ? cause : error;
};

const summaryOf = ({ written, unchanged, newer, refused }: ImportCounts, isDryRun: boolean): string =>
  `${written} ${isDryRun ? "would be written" : "written"}, ${unchanged} there already, ` +
  `${newer} newer in the store and kept, ${refused} refused.`;

/** The last of several entries of one user in a batch counts, if it is the newest. */
const judgeAll = async (
  batch: readonly Entry[],
  judge: JudgeRecord,
  refuse: (number: number, error: UserMetadataError) => void,
): Promise<ReadonlyMap<string, MetadataDocument>> => {
  const documents = new Map<string, MetadataDocument>();
  const judged = await Promise.allSettled(
    batch.map(async ({ read }) => {
      const record = read();
      return record && ([record.userId, await judge(record)] as const);
    }),
  );
  for (const [index, result] of judged.entries()) {
    if (result.status === "rejected") {
      if (!UserMetadataError.is(result.reason)) throw result.reason;
      refuse(batch[index]?.number ?? 0, result.reason);
    } else if (result.value) {
      const [userId, document] = result.value;
      if ((documents.get(userId)?.version ?? 0) <= document.version) documents.set(userId, document);
    }
  }
  return documents;
};

async function* batches(entries: AsyncIterable<Entry>): AsyncGenerator<readonly Entry[]> {
  let batch: Entry[] = [];
  for await (const entry of entries) {
    batch.push(entry);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
