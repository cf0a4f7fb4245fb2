import { UserMetadataError } from "@usermeta/core";
import { hasText, MAX_CHARACTERS, type Piece, tooLong } from "./lines.ts";
import { namesOf } from "./names.ts";

interface Scan {
  depth: number;
  /** The depth inside of the list; 0 while outside of it. */
  list: number;
  inString: boolean;
  escaped: boolean;
  /** The last string of the root object: before a list, its name. */
  name: string;
}

/** What a character is to the list. */
type Found = "begin" | "comma" | "end";

/** Takes in one character that is not in a string. */
const scanStructure = (state: Scan, character: string, isList: () => boolean): Found | undefined => {
  if (character === '"') {
    state.inString = true;
    if (state.depth === 1) state.name = "";
  } else if (character === ",") return state.depth === state.list ? "comma" : undefined;
  else if (character === "[" || character === "{") {
    state.depth += 1;
    if (character === "{" || state.list > 0 || state.depth > 2 || !isList()) return undefined;
    state.list = state.depth;
    return "begin";
  } else if (character === "]" || character === "}") {
    state.depth -= 1;
    if (state.list === 0 || state.depth >= state.list) return undefined;
    state.list = 0;
    return "end";
  }
  return undefined;
};

const scan = (state: Scan, character: string, isList: () => boolean): Found | undefined => {
  if (!state.inString) return scanStructure(state, character, isList);
  if (state.escaped) state.escaped = false;
  else if (character === "\\") state.escaped = true;
  else if (character === '"') state.inString = false;
  else if (state.depth === 1 && state.name.length < 100) state.name += character;
  return undefined;
};

/** Cuts a JSON text, chunk by chunk, into the elements of its list and what is around them. */
interface Cutter {
  /** The elements that end in a chunk. */
  cut(chunk: string): readonly Piece[];
  readonly outer: string;
  readonly isFound: boolean;
  readonly elements: number;
}

const createCutter = (names: readonly string[]): Cutter => {
  const state: Scan = { depth: 0, list: 0, inString: false, escaped: false, name: "" };
  const done = { outer: "", element: "", isFound: false, elements: 0 };
  const isList = (): boolean => !done.isFound && (state.depth === 1 || names.includes(state.name));
  const take = (found: Found, text: string): Piece | undefined => {
    if (found === "begin") {
      done.outer += text;
      done.isFound = true;
      return undefined;
    }
    const element = done.element + text;
    done.element = "";
    if (!hasText(element)) return undefined;
    done.elements += 1;
    return { text: element, number: done.elements };
  };
  return Object.assign(done, {
    cut(chunk: string): readonly Piece[] {
      const pieces: Piece[] = [];
      let from = 0;
      for (let at = 0; at < chunk.length; at += 1) {
        const found = scan(state, chunk[at] as string, isList);
        if (found === undefined) continue;
        // The bracket that ends the list is around it, as is the one that begins it.
        const piece = take(found, chunk.slice(from, found === "begin" ? at + 1 : at));
        if (piece) pieces.push(piece);
        from = found === "end" ? at : at + 1;
      }
      done[state.list > 0 ? "element" : "outer"] += chunk.slice(from);
      if (done.element.length > MAX_CHARACTERS) throw tooLong(`Entry ${done.elements + 1}`);
      if (done.outer.length > MAX_CHARACTERS) throw tooLong("What is around the list of users");
      return pieces;
    },
  });
};

/**
 * The elements of a JSON list, as text, so that no number is rounded unseen: of the list that the text is, or of the
 * first one that the root object has under one of these names. `around` is given the text without the elements.
 * @throws UserMetadataError `json_invalid` if there is no such list, or if the text is cut off
 */
export async function* splitList(
  chunks: AsyncIterable<string> | Iterable<string>,
  names: readonly string[],
  around: (outer: unknown, elements: number) => void = () => {},
): AsyncGenerator<Piece> {
  const cutter = createCutter(names);
  for await (const chunk of chunks) yield* cutter.cut(chunk);
  around(parseOuter(cutter.outer, cutter.isFound, names), cutter.elements);
}

const parseOuter = (outer: string, isFound: boolean, names: readonly string[]): unknown => {
  const value = parseLoosely(outer);
  if (value === undefined)
    throw new UserMetadataError(
      "json_invalid",
      "The JSON is cut off before its end, or not JSON (RFC 8259).",
    );
  if (isFound) return value;
  throw new UserMetadataError(
    "json_invalid",
    `There is no list of users. Give a JSON array, or an object with one named ${names.join(" or ")}; it has ${namesOf(value)}.`,
  );
};

/** A value for a look at it: its numbers may be rounded. `undefined` if it is not JSON. */
export const parseLoosely = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
