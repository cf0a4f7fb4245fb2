import { UserMetadataError } from "../errors.ts";
import { type JsonObject, type JsonValue, withArticle } from "./json.ts";

/** The most levels of objects and arrays that any JSON value may have: it bounds every recursion over JSON. */
export const MAX_DEPTH_CAP = 256;

/** The keys and indexes that lead to a value. */
export type Path = readonly (string | number)[];

/** Facts about a value that are known before it is walked, so that the walk can skip checks. */
export interface Known {
  /** Every key and string is valid. */
  readonly cleanText?: boolean;
  /** Nobody else has the value, so it need not be copied. */
  readonly own?: boolean;
  /** Why a finite number cannot be stored; `undefined` if it can. */
  readonly doubt?: ((value: number) => string | undefined) | undefined;
}

/**
 * Makes a deep copy of a value and checks it against the JSON profile. Properties that are `undefined` are left out, as
 * `JSON.stringify` does; everything else that is not JSON is refused: class instances, cycles, `NaN`, bigints.
 * @param at the path of the value in a larger one; the depth counts from the root of that one
 * @throws UserMetadataError `json_value_refused`, `json_too_deep` beyond 256 levels
 */
export function copyJson(value: unknown, at: Path = [], known: Known = {}): JsonValue {
  return visit({ ...known, path: [...at] }, value, at.length);
}

/** A walk under way. */
interface Walk extends Known {
  /** Where it stands: valid up to the depth it is at, so that nothing is allocated while all goes well. */
  readonly path: (string | number)[];
}

function visit(walk: Walk, item: unknown, depth: number): JsonValue {
  if (item === null || typeof item === "boolean") return item;
  if (typeof item !== "object") {
    const problem =
      typeof item === "string" ? !walk.cleanText && textProblem(item) : numberProblem(item, walk.doubt);
    if (problem) throw refused(walk.path.slice(0, depth), problem);
    return item as string | number;
  }
  if (depth >= MAX_DEPTH_CAP) throw tooDeep(walk.path.slice(0, depth));
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

/** Why a key cannot be stored; `undefined` if it can. */
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

/** The `json_too_deep` error for a value at a path, in any JSON that comes in. */
export function tooDeep(at: Path): UserMetadataError {
  const path = toPointer(at);
  return new UserMetadataError(
    "json_too_deep",
    `The JSON has more than ${MAX_DEPTH_CAP} levels at ${place(path)}. Flatten it.`,
    { details: { path, maxDepth: MAX_DEPTH_CAP } },
  );
}

/** A JSON Pointer (RFC 6901) as a message shows it: not too long. */
export const place = (pointer: string): string =>
  pointer.length > 200 ? `${pointer.slice(0, 200).toWellFormed()}…` : pointer || "the root";

/** A path as a JSON Pointer (RFC 6901). */
export const toPointer = (path: Path): string =>
  path.map((token) => `/${`${token}`.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

const textProblem = (text: string): string | undefined =>
  text.includes("\0") || !text.isWellFormed() ? "U+0000 or a lone surrogate; remove it" : undefined;

const numberProblem = (value: unknown, doubt: Known["doubt"]): string | undefined => {
  if (typeof value !== "number") return `${withArticle(typeof value)} is not JSON; store null or a string`;
  if (!Number.isFinite(value)) return "the number is not finite; store null";
  return doubt?.(value);
};

/** A plain object of another realm (a vm context, as in Jest) is plain too: its prototype is at the root. */
const instanceProblem = (object: object): string | undefined => {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return undefined;
  return `${withArticle(object.constructor?.name || "class instance")} is not JSON; store a plain object, of a Date its toISOString()`;
};
