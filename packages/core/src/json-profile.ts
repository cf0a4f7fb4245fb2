import { UserMetadataError } from "./errors.ts";
import type { RequestBody } from "./http/request-view.ts";
import type { JsonObject, JsonValue } from "./json.ts";

/** How deep a JSON value may be. */
export interface JsonLimits {
  /** Levels of objects and arrays; the root container is level 1. */
  readonly maxDepth: number;
}

/** The upper bound of every `maxDepth`, and so of every recursion over JSON. */
export const MAX_DEPTH_CAP = 256;

type Path = readonly (string | number)[];

interface Walk {
  readonly maxDepth: number;
  /** Whether the walk makes a copy and leaves out properties that are `undefined`. */
  readonly copies: boolean;
  /** Whether keys and strings have to be looked at. */
  readonly checksText: boolean;
  readonly isInexact: ((value: number) => boolean) | undefined;
  /** Where the walk stands: valid up to the depth it is at, so that nothing is allocated while all goes well. */
  readonly path: (string | number)[];
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
    return walkJson(body.parsed, maxDepth, { copies: true, isInexact: isUnsafeInteger });
  }
  const text = typeof body === "string" ? body.replace(/^\uFEFF/, "") : decode(body);
  if (text === "") throw missing();
  return walkJson(parseText(text), maxDepth, {
    // Raw control characters are no JSON: without an escape, only these two can be wrong.
    checksText: text.includes("\\u") || text.includes("__proto__") || !text.isWellFormed(),
    isInexact: LONG_INTEGER.test(text) ? findInexact(text) : undefined,
  });
}

/**
 * Checks a value that came from JSON text, and returns that same value. Any finite number passes.
 * @param at where the value stands in a larger one; its depth counts from there
 * @throws UserMetadataError `json_value_refused`, `json_too_deep`
 */
export function checkJson(value: unknown, maxDepth: number, at: readonly string[] = []): JsonValue {
  return walkJson(value, maxDepth, {}, at);
}

/**
 * Makes a deep copy of what JavaScript code handed over. Properties that are `undefined` are left out, as
 * `JSON.stringify` does; everything else that is not JSON is refused: class instances, cycles, `NaN`, bigints.
 * @param at where the value stands in a larger one; its depth counts from there
 * @throws UserMetadataError `json_value_refused`, `json_too_deep`
 */
export function copyJson(value: unknown, maxDepth: number, at: readonly string[] = []): JsonValue {
  return walkJson(value, maxDepth, { copies: true }, at);
}

/** Whether two JSON values are equal as RFC 6902, section 4.6 has it: the order of an object's keys does not count. */
export function jsonEquals(a: JsonValue, b: JsonValue): boolean {
  return equalsAt(a, b, 1);
}

/** Why a key cannot be stored; `undefined` where it can. */
export function keyProblem(key: string): string | undefined {
  return key === "__proto__" ? "the key __proto__; rename it" : textProblem(key);
}

/** The `json_value_refused` error for what stands at a path. */
export function refused(path: Path, problem: string): UserMetadataError<"json_value_refused"> {
  const details = { path: toPointer(path) };
  return new UserMetadataError("json_value_refused", `Refused at ${place(details.path)}: ${problem}.`, {
    details,
  });
}

/** A JSON Pointer (RFC 6901) as a message shows it: not too long. */
export const place = (pointer: string): string =>
  pointer.length > 200 ? `${pointer.slice(0, 200).toWellFormed()}…` : pointer || "the root";

function tooDeep(path: Path, maxDepth: number): UserMetadataError<"json_too_deep"> {
  const details = { path: toPointer(path), maxDepth };
  return new UserMetadataError("json_too_deep", `Deeper than ${maxDepth} levels at ${place(details.path)}.`, {
    details,
  });
}

const toPointer = (path: Path): string =>
  path.map((token) => `/${`${token}`.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

const missing = () => new UserMetadataError("body_missing", "The body is missing; send JSON.");

const textProblem = (text: string): string | undefined =>
  text.includes("\0") || !text.isWellFormed()
    ? "a text with U+0000 or a lone surrogate; remove it"
    : undefined;

const isUnsafeInteger = (value: number): boolean => Number.isInteger(value) && !Number.isSafeInteger(value);

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new UserMetadataError("json_invalid", "The body is not UTF-8.");
  }
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The engine's own message quotes the body, so neither it nor the error goes any further.
    const at = / at position \d+(?= \(line \d+ column \d+\)$|$)/.exec(String(error))?.[0] ?? "";
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

function walkJson(
  value: unknown,
  maxDepth: number,
  how: Partial<Walk>,
  at: readonly string[] = [],
): JsonValue {
  return visit(value, at.length, {
    maxDepth: Math.min(maxDepth, MAX_DEPTH_CAP),
    copies: how.copies ?? false,
    checksText: how.checksText ?? true,
    isInexact: how.isInexact,
    path: [...at],
  });
}

function visit(value: unknown, depth: number, walk: Walk): JsonValue {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "object") return visitContainer(value, depth, walk);
  const problem = scalarProblem(value, walk);
  if (problem !== undefined) throw refused(walk.path.slice(0, depth), problem);
  return value as string | number;
}

function scalarProblem(value: unknown, walk: Walk): string | undefined {
  if (typeof value === "string") return walk.checksText ? textProblem(value) : undefined;
  if (typeof value !== "number") return `a value of type ${typeof value}; store null, a string or a number`;
  if (!Number.isFinite(value)) return "a number that is not finite; store null";
  return walk.isInexact?.(value) ? "an integer that a double may not hold exactly; send a string" : undefined;
}

function visitContainer(value: object, depth: number, walk: Walk): JsonValue {
  if (depth >= walk.maxDepth) throw tooDeep(walk.path.slice(0, depth), walk.maxDepth);
  if (Array.isArray(value)) return visitArray(value, depth, walk);
  const prototype: unknown = Object.getPrototypeOf(value);
  // A plain object of another realm (a vm context, as in Jest) is plain too: its prototype is at the root.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    const advice =
      value instanceof Date ? "a Date; store date.toISOString()" : "a class instance; store a plain object";
    throw refused(walk.path.slice(0, depth), advice);
  }
  return visitObject(value as Record<string, unknown>, depth, walk);
}

function visitArray(list: readonly unknown[], depth: number, walk: Walk): JsonValue[] {
  const copy: JsonValue[] | undefined = walk.copies ? [] : undefined;
  for (let index = 0; index < list.length; index++) {
    walk.path[depth] = index;
    const item = visit(list[index], depth + 1, walk);
    copy?.push(item);
  }
  return copy ?? (list as JsonValue[]);
}

function visitObject(object: Record<string, unknown>, depth: number, walk: Walk): JsonObject {
  const copy: JsonObject | undefined = walk.copies ? {} : undefined;
  for (const key of Object.keys(object)) {
    walk.path[depth] = key;
    const problem = walk.checksText ? keyProblem(key) : undefined;
    if (problem !== undefined) throw refused(walk.path.slice(0, depth + 1), problem);
    const value = object[key];
    if (copy === undefined) visit(value, depth + 1, walk);
    else if (value !== undefined) copy[key] = visit(value, depth + 1, walk);
  }
  return copy ?? (object as JsonObject);
}

function equalsAt(a: JsonValue, b: JsonValue, depth: number): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (depth > MAX_DEPTH_CAP) throw tooDeep([], MAX_DEPTH_CAP);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  // An array's own keys are its indices, so that one comparison serves both.
  const [left, right] = [a as JsonObject, b as JsonObject];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every(
      (key) =>
        Object.hasOwn(right, key) && equalsAt(left[key] as JsonValue, right[key] as JsonValue, depth + 1),
    )
  );
}
