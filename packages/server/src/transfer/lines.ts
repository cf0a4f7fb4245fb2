import { UserMetadataError } from "@usermeta/core";

/** A piece of text and where it stands. */
export interface Piece {
  readonly text: string;
  /** The number of the line, or of the entry in an array; from 1. */
  readonly number: number;
}

/** More than any document can take; what is longer is not a line of an export, and would fill the memory. */
const MAX_CHARACTERS = 8 * 1024 * 1024;

const tooLong = (what: string): UserMetadataError =>
  new UserMetadataError(
    "json_invalid",
    `${what} is longer than ${MAX_CHARACTERS} characters. Give NDJSON, one user a line, or a JSON array of users.`,
  );

/** The lines of a text that comes in chunks; empty ones are left out. */
export async function* splitLines(chunks: AsyncIterable<string>): AsyncGenerator<Piece> {
  let rest = "";
  let number = 0;
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) {
      number += 1;
      if (text.trim() !== "") yield { text, number };
    }
    if (rest.length > MAX_CHARACTERS) throw tooLong(`Line ${number + 1}`);
  }
  if (rest.trim() !== "") yield { text: rest, number: number + 1 };
}

interface Scan {
  depth: number;
  /** The depth inside of the array; 0 until it has begun. */
  array: number;
  text: boolean;
  escaped: boolean;
}

/** Takes in one character, and tells what of the array it is. */
const scan = (state: Scan, character: string): "begin" | "comma" | "end" | undefined => {
  if (state.text) {
    if (state.escaped) state.escaped = false;
    else if (character === "\\") state.escaped = true;
    else if (character === '"') state.text = false;
    return undefined;
  }
  if (character === '"') state.text = true;
  else if (character === ",") return state.depth === state.array ? "comma" : undefined;
  else if (character === "[" || character === "{") {
    state.depth += 1;
    if (character === "{" || state.array > 0) return undefined;
    state.array = state.depth;
    return "begin";
  } else if (character === "]" || character === "}") {
    if (state.depth === state.array) return "end";
    state.depth -= 1;
  }
  return undefined;
};

/** The elements of the first array of a JSON text, as text, so that no number is rounded unseen. */
async function* splitArray(chunks: AsyncIterable<string>): AsyncGenerator<Piece> {
  const state: Scan = { depth: 0, array: 0, text: false, escaped: false };
  let element = "";
  let number = 1;
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const found = scan(state, chunk[at] as string);
      if (found === undefined) continue;
      const text = element + chunk.slice(from, at);
      element = "";
      from = at + 1;
      if (found !== "begin" && text.trim() !== "") yield { text, number: number++ };
      if (found === "end") return;
    }
    if (state.array > 0) element += chunk.slice(from);
    if (element.length > MAX_CHARACTERS) throw tooLong(`Entry ${number}`);
  }
  throw new UserMetadataError("json_invalid", "There is no JSON array, or it is cut off before its end.");
}

/** The pieces of a text in either form: NDJSON, or a JSON array of users, alone or as a property. */
export async function* splitUsers(chunks: AsyncIterable<string>): AsyncGenerator<Piece> {
  const iterator = chunks[Symbol.asyncIterator]();
  let head = "";
  let done = false;
  while (!done && !head.includes("\n") && head.length <= MAX_CHARACTERS) {
    const next = await iterator.next();
    done = next.done === true;
    if (!next.done) head += next.value;
  }
  const all = async function* (): AsyncGenerator<string> {
    yield head;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  yield* isLines(head) ? splitLines(all()) : splitArray(all());
}

/** Whether the first line is a user by itself: an object, without a list of users in it. */
const isLines = (head: string): boolean => {
  const [first = ""] = head.trimStart().split("\n", 1);
  try {
    const value: unknown = JSON.parse(first);
    return !Array.isArray(value) && !Array.isArray((value as { users?: unknown } | null)?.users);
  } catch {
    // Text that is spread over many lines begins so; anything else is a broken line.
    return !/^(\[|\{\s*("users".*)?$)/.test(first);
  }
};
