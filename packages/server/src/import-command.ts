import { createReadStream, statSync } from "node:fs";
import { TextDecoder } from "node:util";
import { type JsonObject, type JsonValue, type MetadataDocument, UserMetadataError } from "@usermeta/core";
import type { ServerConfig } from "./config.ts";
import { createJudge, type ImportCounts, type JudgeRecord, writeBatch } from "./import-batch.ts";
import { type Piece, splitLines, splitUsers } from "./lines.ts";
import { withStore } from "./open.ts";
import { createProgress, type Progress } from "./progress.ts";
import { parseExact, toRecord, type UserRecord } from "./record.ts";
import { invalidSetting } from "./settings.ts";
import { createAsk } from "./sources/ask.ts";
import { SOURCES } from "./sources/index.ts";
import type { Source } from "./sources/source.ts";

/** What to import. */
export interface ImportRequest {
  /** A file, `-` for standard input, or with `from` the address of an API. */
  readonly input: string;
  readonly from?: string | undefined;
  /** Reads and judges, and writes nothing. */
  readonly isDryRun: boolean;
}

/** A record and where it stands, or what is wrong with it. */
interface Entry {
  readonly number: number;
  readonly read: () => UserRecord | undefined;
}

const BATCH = 500;
const MAX_TOLD = 20;

/**
 * Imports users. What is there already is passed over, so that an import that was cut off goes on when it is run again.
 * @returns false where an entry was refused; each is told on standard error
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
      if (counts.refused <= MAX_TOLD) tell(`entry ${number}: ${error.message} (${error.code})`);
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

/** What reading reports to. */
interface Report {
  readonly progress: Progress;
  readonly tell: (text: string) => void;
  readonly counts: ImportCounts;
  readonly leftOut: Set<string>;
}

const entriesOf = ({ input, from }: ImportRequest, report: Report): AsyncIterable<Entry> => {
  if (from === undefined) {
    if (isAddress(input)) throw invalidSetting(`${input} is an address; say what is there with --from.`);
    return recordsOf(splitLines(chunksOf(input, report)));
  }
  const source = SOURCES[from];
  if (!source)
    throw invalidSetting(`There is no source ${from}; there are ${Object.keys(SOURCES).join(", ")}.`);
  for (const line of source.maps) report.tell(`maps: ${line}`);
  for (const line of source.cannot) report.tell(`cannot: ${line}`);
  const values = isAddress(input)
    ? askedFor(input, source, report)
    : parsedOf(splitUsers(chunksOf(input, report)));
  return mapped(values, source, report.leftOut);
};

const isAddress = (input: string): boolean => /^https?:\/\//.test(input);

/** The text of a file or of standard input, with a progress bar where its size is known. */
async function* chunksOf(input: string, { progress, counts }: Report): AsyncGenerator<string> {
  const isStdin = input === "-";
  const stats = isStdin ? undefined : statSync(input, { throwIfNoEntry: false });
  if (!isStdin && !stats?.isFile())
    throw invalidSetting(`There is no file ${input}; give one, or - for standard input.`);
  const stream = isStdin ? process.stdin : createReadStream(input);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    progress.show(`${counts.written + counts.unchanged} users`, bytes, stats?.size);
    yield decode(decoder, chunk, input);
  }
  yield decode(decoder, undefined, input);
}

const decode = (decoder: TextDecoder, chunk: Uint8Array | undefined, input: string): string => {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch {
    throw new UserMetadataError("json_invalid", `${input} is not UTF-8; is it compressed? Unpack it first.`);
  }
};

async function* recordsOf(pieces: AsyncIterable<Piece>): AsyncGenerator<Entry> {
  for await (const { text, number } of pieces) yield { number, read: () => toRecord(parseExact(text)) };
}

/** A user of another system: its value, or what is thrown when it is parsed. */
interface Foreign {
  readonly number: number;
  readonly value: () => JsonValue;
}

async function* parsedOf(pieces: AsyncIterable<Piece>): AsyncGenerator<Foreign> {
  for await (const { text, number } of pieces) yield { number, value: () => parseExact(text) };
}

async function* askedFor(
  base: string,
  source: Source,
  { progress, counts }: Report,
): AsyncGenerator<Foreign> {
  const { USERMETA_SOURCE_KEY: key } = process.env;
  if (!key) throw invalidSetting(`USERMETA_SOURCE_KEY is not set; give it the key that ${base} asks for.`);
  let number = 0;
  for await (const value of source.users(createAsk(base, source.headers(key)))) {
    number += 1;
    progress.show(`${counts.written + counts.unchanged} users`);
    yield { number, value: () => value };
  }
}

async function* mapped(
  users: AsyncIterable<Foreign>,
  source: Source,
  leftOut: Set<string>,
): AsyncGenerator<Entry> {
  for await (const { number, value } of users) {
    yield { number, read: () => toUserRecord(value(), source, leftOut) };
  }
}

/** A user of another system as a record; `undefined` for one without any metadata. */
const toUserRecord = (value: JsonValue, source: Source, leftOut: Set<string>): UserRecord | undefined => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UserMetadataError("json_not_object", "It is not a JSON object.", { details: { path: "" } });
  }
  for (const name of Object.keys(value)) if (!source.reads.includes(name)) leftOut.add(name);
  const user = source.toUser(value as JsonObject);
  const { createdAt = 0, updatedAt = createdAt, ...rest } = user;
  const tiers = [rest.publicMetadata, rest.privateMetadata, rest.unsafeMetadata];
  if (tiers.every((tier) => JSON.stringify(tier) === "{}")) return undefined;
  return toRecord({
    ...rest,
    userId: rest.userId ?? null,
    claims: [],
    // The same user has the same version when the import is run again, and a later one when it was changed there.
    version: Math.max(1, updatedAt),
    createdAt,
    updatedAt,
  });
};
