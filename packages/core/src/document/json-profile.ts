import { UserMetadataError } from "../errors.ts";
import type { RequestBody } from "../transport/request-view.ts";
import type { JsonObject, JsonValue } from "./json.ts";

/** The upper bound of every `maxDepth`, and so of every recursion over JSON. */
export const MAX_DEPTH_CAP = 256;

type Path = readonly (string | number)[];

/** What is known of a value before it is walked, so that the walk can leave out what cannot be wrong. */
interface Known {
  /** That no key and no string can be wrong. */
  readonly cleanText?: boolean;
  /** That nobody else has the value, so that it need not be copied. */
  readonly own?: boolean;
  /** Which doubles may stand for a literal that they do not hold. */
  readonly isInexact?: (value: number) => boolean;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });
const LONG_INTEGER = /(?<![\d.])\d{16,}(?![\d.eE])/;
const INTEGER = /^-?\d{16,}$/;
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/**
 * Parses a request's body (RFC 8259) and checks it against the JSON profile. What is in doubt is refused: in a body
 * that the app's own parser has read, every integer beyond `Number.MAX_SAFE_INTEGER`, as its literal is lost.
 * @throws UserMetadataError `body_missing`, `json_invalid`, `json_value_refused`, `json_too_deep`
 */
export function parseJson(body: RequestBody, maxDepth: number): JsonValue {
  if (typeof body === "object" && "parsed" in body) {
    if (body.parsed === undefined) throw missing();
    return copyJson(body.parsed, maxDepth, [], { isInexact: isUnsafeInteger });
  }
  const text = typeof body === "string" ? body.replace(/^\uFEFF/, "") : decode(body);
  if (text === "") throw missing();
  return copyJson(parseText(text), maxDepth, [], {
    // Raw control characters are no JSON: without an escape, only these two can be wrong.
    own: true,
    cleanText: !text.includes("\\u") && !text.includes("__proto__") && text.isWellFormed(),
    ...(LONG_INTEGER.test(text) && { isInexact: findInexact(text) }),
  });
}

/**
 * Makes a deep copy of a value, checked against the JSON profile. Properties that are `undefined` are left out, as
 * `JSON.stringify` does; everything else that is not JSON is refused: class instances, cycles, `NaN`, bigints.
 * @param at where the value stands in a larger one; its depth counts from there
 * @throws UserMetadataError `json_value_refused`, `json_too_deep`
 */
export function copyJson(value: unknown, maxDepth: number, at: Path = [], known: Known = {}): JsonValue {
  return visit({ ...known, limit: Math.min(maxDepth, MAX_DEPTH_CAP), path: [...at] }, value, at.length);
}

/** A walk under way. */
interface Walk extends Known {
  readonly limit: number;
  /** Where it stands: valid up to the depth it is at, so that nothing is allocated while all goes well. */
  readonly path: (string | number)[];
}

function visit(walk: Walk, item: unknown, depth: number): JsonValue {
  if (item === null || typeof item === "boolean") return item;
  if (typeof item !== "object") {
    const problem =
      typeof item === "string" ? !walk.cleanText && textProblem(item) : numberProblem(item, walk.isInexact);
    if (problem) throw refused(walk.path.slice(0, depth), problem);
    return item as string | number;
  }
  if (depth >= walk.limit) throw tooDeep(walk.path.slice(0, depth), walk.limit);
  if (Array.isArray(item)) {
    // Not `map`, which leaves out the holes of a sparse array.
    return Array.from(item, (each: unknown, index) => {
      walk.path[depth] = index;
      return visit(walk, each, depth + 1);
    });
  }
  const problem = instanceProblem(item);
  if (problem) throw refused(walk.path.slice(0, depth), problem);
  return visitObject(walk, item as Readonly<Record<string, unknown>>, depth);
}

function visitObject(walk: Walk, object: Readonly<Record<string, unknown>>, depth: number): JsonObject {
  const copy: JsonObject = walk.own ? (object as JsonObject) : {};
  for (const key of Object.keys(object)) {
    walk.path[depth] = key;
    const problem = !walk.cleanText && keyProblem(key);
    if (problem) throw refused(walk.path.slice(0, depth + 1), problem);
    if (object[key] !== undefined) copy[key] = visit(walk, object[key], depth + 1);
  }
  return copy;
}

/** Whether two JSON values are equal as RFC 6902, section 4.6 has it: the order of an object's keys does not count. */
export function jsonEquals(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  // An array's own keys are its indices, so that one comparison serves both.
  const [left, right] = [a as JsonObject, b as JsonObject];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every(
      (key) => Object.hasOwn(right, key) && jsonEquals(left[key] as JsonValue, right[key] as JsonValue),
    )
  );
}

/** Why a key cannot be stored; `undefined` where it can. */
export function keyProblem(key: string): string | undefined {
  return key === "__proto__" ? "the key __proto__; rename it" : textProblem(key);
}

/** The `json_value_refused` error for what stands at a path. */
export function refused(at: Path, problem: string): UserMetadataError {
  const path = toPointer(at);
  return new UserMetadataError("json_value_refused", `Refused at ${place(path)}: ${problem}.`, {
    details: { path },
  });
}

/** The `json_too_deep` error for what stands at a path. */
export function tooDeep(at: Path, maxDepth: number): UserMetadataError {
  const path = toPointer(at);
  return new UserMetadataError(
    "json_too_deep",
    `More than ${maxDepth} levels at ${place(path)}; flatten it.`,
    {
      details: { path, maxDepth },
    },
  );
}

/** A JSON Pointer (RFC 6901) as a message shows it: not too long. */
export const place = (pointer: string): string =>
  pointer.length > 200 ? `${pointer.slice(0, 200).toWellFormed()}…` : pointer || "the root";

const toPointer = (path: Path): string =>
  path.map((token) => `/${`${token}`.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

const missing = () => new UserMetadataError("body_missing", "The body is missing; send JSON.");

const textProblem = (text: string): string | undefined =>
  text.includes("\0") || !text.isWellFormed() ? "U+0000 or a lone surrogate; remove it" : undefined;

const numberProblem = (value: unknown, isInexact: Known["isInexact"]): string | undefined => {
  if (typeof value !== "number") return `a ${typeof value} is no JSON; store null or a string`;
  if (!Number.isFinite(value)) return "the number is not finite; store null";
  return isInexact?.(value) ? "the integer does not fit a double; send a string" : undefined;
};

/** A plain object of another realm (a vm context, as in Jest) is plain too: its prototype is at the root. */
const instanceProblem = (object: object): string | undefined => {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return undefined;
  return `a ${object.constructor?.name}; store plain JSON, of a Date its toISOString()`;
};

const isUnsafeInteger = (value: number): boolean => Number.isInteger(value) && !Number.isSafeInteger(value);

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new UserMetadataError("json_invalid", "The body is not UTF-8; encode it so.");
  }
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The engine's own message quotes the body, so neither it nor the error goes any further.
    const at = / at position \d+(?= \(|$)/.exec(String(error))?.[0] ?? "";
    throw new UserMetadataError("json_invalid", `The body is not JSON (RFC 8259)${at}.`);
  }
}

/** A test for the doubles that valid JSON text spells as integers which they are not. */
function findInexact(text: string): (value: number) => boolean {
  const found = new Set<number>();
  for (const [token] of text.matchAll(STRING_OR_NUMBER)) {
    const value = INTEGER.test(token) ? Number(token) : 0;
    if (isUnsafeInteger(value) && BigInt(token) !== BigInt(value)) found.add(value);
  }
  return (value) => found.has(value);
}
