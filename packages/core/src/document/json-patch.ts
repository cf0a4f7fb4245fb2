import { UserMetadataError } from "../errors.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { isJsonObject } from "./json.ts";
import { copyJson, jsonEquals, keyProblem, place, refused } from "./json-profile.ts";

/** What a JSON Patch may cost. */
export interface PatchLimits {
  /**
   * How much JSON text `copy`, and `move` to a deeper place, may put down in all.
   * @default 1048576
   */
  readonly maxGrowthBytes?: number;
}

/**
 * Applies a JSON Patch (RFC 6902), whose pointers are those of RFC 6901. All operations are applied, or none; the
 * input is not changed, and the result shares nothing with it.
 * @throws UserMetadataError `patch_invalid` for a malformed patch, `patch_conflict` if a `test` fails or a path is
 * not there, `json_too_deep` and `json_value_refused` for what an operation would put into the document
 */
export function applyJsonPatch(
  document: JsonValue,
  operations: JsonValue,
  limits: PatchLimits = {},
): JsonValue {
  const run = new PatchRun(document, limits);
  if (!Array.isArray(operations)) throw run.fail("patch_invalid", "a JSON Patch is an array of operations");
  for (run.index = 0; run.index < operations.length; run.index++) run.apply(operations[run.index]);
  return run.root;
}

interface Pointer {
  readonly text: string;
  readonly tokens: readonly string[];
}

/** One patch on its way over a copy of the document, which is changed in place and dropped when anything throws. */
class PatchRun {
  /** The operation that is being applied. */
  index = 0;
  #budget: number;
  /** The document is the one member of an object, so that its root is a place like any other. */
  readonly #holder: JsonObject;

  constructor(document: JsonValue, limits: PatchLimits) {
    this.#holder = { root: copyJson(document) };
    this.#budget = limits.maxGrowthBytes ?? 1_048_576;
  }

  get root(): JsonValue {
    return this.#holder.root as JsonValue;
  }

  fail(code: "patch_conflict" | "patch_invalid", problem: string): UserMetadataError {
    const details = { operation: this.index };
    return new UserMetadataError(code, `Operation ${this.index}: ${problem}.`, { details });
  }

  apply(operation: JsonValue | undefined): void {
    if (!isJsonObject(operation)) throw this.fail("patch_invalid", "it is not an object");
    const op = ownMember(operation, "op");
    const path = this.#pointer(operation, "path");
    if (op === "add") this.#put(path, this.#value(operation, path));
    else if (op === "replace") this.#replace(path, this.#value(operation, path));
    else if (op === "remove") this.#remove(path);
    else if (op === "move") this.#move(this.#pointer(operation, "from"), path);
    else if (op === "copy") this.#copy(this.#pointer(operation, "from"), path);
    else if (op === "test") this.#test(path, this.#value(operation, path));
    else throw this.fail("patch_invalid", "op is not add, remove, replace, move, copy or test");
  }

  #put(path: Pointer, value: JsonValue): void {
    const [container, token] = this.#parent(path);
    if (!Array.isArray(container)) container[token] = value;
    else {
      const index = token === "-" ? container.length : arrayIndex(token);
      if (!(index <= container.length)) throw this.#absent(path);
      container.splice(index, 0, value);
    }
  }

  #replace(path: Pointer, value: JsonValue): void {
    this.#find(path);
    const [container, token] = this.#parent(path);
    // An array takes the token too: `#find` has seen that it is an index.
    (container as JsonObject)[token] = value;
  }

  #remove(path: Pointer): void {
    this.#find(path);
    const [container, token] = this.#parent(path);
    if (container === this.#holder) throw this.fail("patch_invalid", "the root stays; replace it with {}");
    if (Array.isArray(container)) container.splice(Number(token), 1);
    else delete container[token];
  }

  #move(from: Pointer, path: Pointer): void {
    const value = this.#find(from);
    if (path.text === from.text) return;
    if (path.text.startsWith(`${from.text}/`))
      throw this.fail("patch_invalid", "a value cannot move into itself");
    this.#remove(from);
    const deeper = path.tokens.length > from.tokens.length;
    this.#put(path, deeper ? this.#duplicate(value, path) : value);
  }

  #copy(from: Pointer, path: Pointer): void {
    this.#put(path, this.#duplicate(this.#find(from), path));
  }

  #test(path: Pointer, expected: JsonValue): void {
    if (jsonEquals(this.#find(path), expected)) return;
    throw this.fail("patch_conflict", `the test of ${place(path.text)} failed`);
  }

  /** A checked copy of what is already in the document. What such copies cost is bounded, or a patch of n operations could make 2^n values. */
  #duplicate(value: JsonValue, path: Pointer): JsonValue {
    this.#budget -= JSON.stringify(value).length;
    if (this.#budget < 0) throw this.fail("patch_invalid", "the document grows beyond what a patch may copy");
    return copyJson(value, path.tokens);
  }

  #value(operation: JsonObject, path: Pointer): JsonValue {
    const value = ownMember(operation, "value");
    if (value === undefined) throw this.fail("patch_invalid", "value is missing");
    return copyJson(value, path.tokens);
  }

  #pointer(operation: JsonObject, name: "path" | "from"): Pointer {
    const text = ownMember(operation, name);
    if (typeof text !== "string") throw this.fail("patch_invalid", `${name} is missing or is not a string`);
    const [before, ...escaped] = text.split("/");
    if (before || /~(?![01])/.test(text))
      throw this.fail("patch_invalid", `${name} is not a JSON Pointer (RFC 6901)`);
    const tokens = escaped.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
    const bad = tokens.findIndex((token) => keyProblem(token) !== undefined);
    if (bad >= 0) throw refused(tokens.slice(0, bad + 1), keyProblem(tokens[bad] as string) as string);
    return { text, tokens };
  }

  #find(path: Pointer): JsonValue {
    const value = this.#at(path.tokens);
    if (value === undefined) throw this.#absent(path);
    return value;
  }

  #parent(path: Pointer): [JsonValue[] | JsonObject, string] {
    const token = path.tokens.at(-1);
    if (token === undefined) return [this.#holder, "root"];
    const container = this.#at(path.tokens.slice(0, -1));
    if (typeof container !== "object" || container === null) throw this.#absent(path);
    return [container, token];
  }

  #at(tokens: readonly string[]): JsonValue | undefined {
    let value: JsonValue | undefined = this.#holder.root;
    for (const token of tokens) {
      if (Array.isArray(value)) value = value[arrayIndex(token)];
      else value = isJsonObject(value) ? ownMember(value, token) : undefined;
      if (value === undefined) return undefined;
    }
    return value;
  }

  #absent(path: Pointer): UserMetadataError {
    return this.fail("patch_conflict", `there is no place ${place(path.text)}`);
  }
}

const ownMember = (object: JsonObject, key: string): JsonValue | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** RFC 6901, section 4: digits without a leading zero. `NaN`, which no element has, for anything else. */
const arrayIndex = (token: string): number => (/^(0|[1-9]\d*)$/.test(token) ? Number(token) : Number.NaN);
