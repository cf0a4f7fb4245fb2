import { invalidSetting, SOURCE_NAMES } from "../config/settings.ts";
import { type Foreign, foreignJson, usersOf } from "./forms.ts";
import { bytesOf } from "./input.ts";
import { parseLoosely } from "./json-list.ts";
import { MAX_WITH_HISTORY, splitLines } from "./lines.ts";
import { createMapping, type ImportedUser, type Mapping } from "./mapping.ts";
import { parseExact } from "./parse-exact.ts";
import { toRecord } from "./record.ts";
import { createAsk } from "./sources/ask.ts";
import { SOURCES } from "./sources/index.ts";
import type { Source } from "./sources/source.ts";
import { decodeLoosely, decodeUtf8 } from "./utf8.ts";

/** Where users come from. */
export interface Input {
  /** A file, `-` for standard input, or with `from` the address of an API. */
  readonly input: string;
  readonly from?: string | undefined;
}

/** A user and where it stands, or what is wrong with it. */
export interface Entry {
  /** The number of the line, the row or the entry; from 1. */
  readonly number: number;
  /** `undefined` for a user without metadata. @throws UserMetadataError for one who is refused */
  readonly read: () => ImportedUser | undefined;
  /** The user id, as far as it can be told of an entry that is refused. */
  readonly userId: () => string | undefined;
  /** How long its text is, in bytes; 0 if it is one of another system. */
  readonly size: number;
}

/** What reading reports to. */
export interface Report {
  readonly tell: (text: string) => void;
  /** How many bytes were read, of how many; without numbers if that is not known. */
  readonly progress: (bytes?: number, size?: number) => void;
}

/** The users of an input, and what is told of them in the end. */
export interface Entries extends AsyncIterable<Entry> {
  /** Only of another system's users. */
  readonly mapping?: Mapping;
}

/** Each user of an input: of an export, or of another system. */
export const entriesOf = ({ input, from }: Input, report: Report): Entries => {
  if (from === undefined) {
    if (isAddress(input)) throw invalidSetting(`${input} is an address; say what is there with --from.`);
    return recordsOf(textOf(input, report));
  }
  const source = sourceOf(from);
  for (const line of source.maps) report.tell(`maps: ${line}`);
  for (const line of source.cannot) report.tell(`cannot: ${line}`);
  const users = isAddress(input)
    ? askedFor(input, source, report)
    : usersOf(textOf(input, report), source, report.tell);
  const mapping = createMapping(source, Date.now());
  return Object.assign(mapped(users, mapping), { mapping });
};

const sourceOf = (from: string): Source => {
  const name = SOURCE_NAMES.find((each) => each === from);
  if (name) return SOURCES[name];
  throw invalidSetting(`There is no source ${from}; there are ${SOURCE_NAMES.join(", ")}.`);
};

const isAddress = (input: string): boolean => /^https?:\/\//.test(input);

/** The text of an input, of which each character is a byte: what is not UTF-8 is found in its line. */
async function* textOf(input: string, { progress }: Report): AsyncGenerator<string> {
  for await (const chunk of bytesOf(input, progress)) yield chunk.toString("latin1");
}

async function* recordsOf(chunks: AsyncIterable<string>): AsyncGenerator<Entry> {
  for await (const { text, number } of splitLines(chunks, MAX_WITH_HISTORY))
    yield {
      number,
      read: () => ({ record: toRecord(parseExact(decodeUtf8(text))), isUndated: false }),
      userId: () => {
        const { userId } = (parseLoosely(decodeLoosely(text)) ?? {}) as { readonly userId?: unknown };
        return typeof userId === "string" ? userId : undefined;
      },
      size: text.length,
    };
}

async function* askedFor(base: string, { api }: Source, report: Report): AsyncGenerator<Foreign> {
  if (typeof api === "string") throw invalidSetting(`Users are not fetched from ${base}: ${api}.`);
  const { USERMETA_SOURCE_KEY: key } = process.env;
  if (!key && api.needsKey)
    throw invalidSetting(`USERMETA_SOURCE_KEY is not set; give it the key that ${base} asks for.`);
  let number = 0;
  for await (const text of api.users(createAsk(base, key ? api.headers(key) : {}), report.tell)) {
    number += 1;
    report.progress();
    yield foreignJson(number, text);
  }
}

async function* mapped(users: AsyncIterable<Foreign>, mapping: Mapping): AsyncGenerator<Entry> {
  for await (const { number, value, loose } of users)
    yield { number, read: () => mapping.toUser(value()), userId: () => mapping.userIdOf(loose()), size: 0 };
}
