import { createReadStream, statSync } from "node:fs";
import { TextDecoder } from "node:util";
import { type JsonObject, type JsonValue, UserMetadataError } from "@usermeta/core";
import { invalidSetting } from "../config/settings.ts";
import type { ImportCounts } from "./import-batch.ts";
import { type Piece, splitLines, splitUsers } from "./lines.ts";
import type { Progress } from "./progress.ts";
import { parseExact, toRecord, type UserRecord } from "./record.ts";
import { createAsk } from "./sources/ask.ts";
import { SOURCES } from "./sources/index.ts";
import type { Source } from "./sources/source.ts";

/** Where users come from. */
export interface Input {
  /** A file, `-` for standard input, or with `from` the address of an API. */
  readonly input: string;
  readonly from?: string | undefined;
}

/** A record and where it stands, or what is wrong with it. */
export interface Entry {
  readonly number: number;
  readonly read: () => UserRecord | undefined;
}

/** What reading reports to. */
export interface Report {
  readonly progress: Progress;
  readonly tell: (text: string) => void;
  readonly counts: ImportCounts;
  readonly leftOut: Set<string>;
}

/** Each user of an input: of an export, or of another system. */
export const entriesOf = ({ input, from }: Input, report: Report): AsyncIterable<Entry> => {
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

/** The text of a file or of standard input, with a progress bar if its size is known. */
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
