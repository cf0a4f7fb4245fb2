import { isJsonObject, type JsonValue } from "@usermeta/core";
import { invalidSetting } from "../config/settings.ts";
import { splitRows } from "./csv-rows.ts";
import { parseLoosely, splitList } from "./json-list.ts";
import { MAX_CHARACTERS, type Piece, splitLines } from "./lines.ts";
import { parseExact } from "./parse-exact.ts";
import type { Source } from "./sources/source.ts";
import { decodeLoosely, decodeUtf8 } from "./utf8.ts";

/** A user of another system, as it comes. */
export interface Foreign {
  /** The number of the line, the row or the entry; from 1. */
  readonly number: number;
  /** Parses it exactly, and throws what is wrong with it. */
  readonly value: () => JsonValue;
  /** Parses it for a look at it; `undefined` if that fails. */
  readonly loose: () => unknown;
}

/** A user of an API, as JSON text. */
export const foreignJson = (number: number, text: string): Foreign => ({
  number,
  value: () => parseExact(text),
  loose: () => parseLoosely(text),
});

/**
 * The users of a file: a JSON list, alone or in an object, NDJSON, or CSV with a header.
 * @param chunks each character is a byte
 * @throws UserMetadataError `json_invalid`; `options_invalid` for CSV of a system whose CSV is not read
 */
export async function* usersOf(
  chunks: AsyncIterable<string>,
  source: Source,
  tell: (text: string) => void,
): AsyncGenerator<Foreign> {
  const { all, ...head } = await peek(chunks);
  if (isHeader(head.first)) {
    if (source.noCsv !== undefined) throw invalidSetting(`This is CSV. ${source.noCsv}`);
    for await (const { number, value } of splitRows(all)) yield { number, value, loose: value };
    return;
  }
  const pieces = isLines(head, source.lists)
    ? splitLines(all)
    : splitList(all, source.lists, (outer, users) => tellOfMore(outer, users, tell));
  for await (const piece of pieces) yield toForeign(piece);
}

const toForeign = ({ number, text }: Piece): Foreign => ({
  number,
  value: () => parseExact(decodeUtf8(text)),
  loose: () => parseLoosely(decodeLoosely(text)),
});

interface Head {
  /** The first line, or as much of it as is looked at. */
  readonly first: string;
  /** Whether no other line was seen. */
  readonly isOnly: boolean;
}

/** Looks at the first line. `all` are all chunks, it included. */
const peek = async (
  chunks: AsyncIterable<string>,
): Promise<Head & { readonly all: AsyncIterable<string> }> => {
  const iterator = chunks[Symbol.asyncIterator]();
  let head = "";
  let hasBegun = false;
  for (let isOver = false; !isOver && head.length <= MAX_CHARACTERS; ) {
    const next = await iterator.next();
    if (next.done) break;
    head += next.value;
    // Of each chunk once: the first line may be the whole of a large file.
    const text: string = hasBegun ? next.value : next.value.trimStart();
    hasBegun ||= text !== "";
    isOver = text.includes("\n");
  }
  const all = async function* (): AsyncGenerator<string> {
    yield head;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  const [first = "", ...others] = head.trimStart().split("\n", 2);
  return { first, isOnly: others.length === 0, all: all() };
};

/** Whether a line is the header of CSV: names, and not JSON. */
const isHeader = (line: string): boolean =>
  line.length < MAX_CHARACTERS && /^("?)[A-Za-z_][\w .:-]*\1(,("?)[\w .:-]*\3)*$/.test(line.trimEnd());

/** Whether the first line is a user by itself: an object, without a list of users in it. */
const isLines = ({ first, isOnly }: Head, lists: readonly string[]): boolean => {
  const value = parseLoosely(first);
  if (value === undefined) {
    // A text that is spread over many lines begins so, or is too long to be looked at; else it is a broken line.
    const begin = new RegExp(`^(\\[|\\{\\s*("(${lists.join("|")})".*)?$)`);
    return !(begin.test(first) || (isOnly && /^[[{]/.test(first)));
  }
  return !Array.isArray(value) && !(isJsonObject(value) && lists.some((name) => Array.isArray(value[name])));
};

const TOTALS = ["totalCount", "total_count", "total"];
const TOKENS = ["PaginationToken", "NextToken", "nextPaginationToken", "nextPageToken"];

/** What vendors write around a page of users tells whether there are others. */
const tellOfMore = (outer: unknown, users: number, tell: (text: string) => void): void => {
  const around = (outer ?? {}) as Readonly<Record<string, unknown>>;
  const total = TOTALS.map((name) => around[name]).find((value) => typeof value === "number");
  if (Number(total) > users)
    tell(
      `The file says that there are ${total} users, and has ${users}. It is one page: get the others too.`,
    );
  if (TOKENS.some((name) => around[name]))
    tell("The file says that there are more users. It is one page: get the others too.");
};
