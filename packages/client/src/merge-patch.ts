import type { JsonObject, JsonValue } from "@usermeta/core";

/** Whether a JSON value is an object: not an array, not `null`. */
export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A JSON Merge Patch applied (RFC 7396, section 2). Neither argument is changed. */
export const mergePatch = (target: JsonValue | undefined, patch: JsonValue): JsonValue => {
  if (!isObject(patch)) return patch;
  // A Map, and entries of it: a key such as "__proto__" is a key like any other.
  const merged = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
};

/** What a value has at the places that a merge patch names. */
export const project = (
  value: JsonValue | undefined,
  patch: JsonValue | undefined,
): JsonValue | undefined => {
  if (!isObject(value) || !isObject(patch)) return value;
  const named = Object.keys(patch).filter((key) => Object.hasOwn(value, key));
  return Object.fromEntries(named.map((key) => [key, project(value[key], patch[key]) as JsonValue]));
};

/** Whether two JSON values are the same, in whichever order their keys are. */
export const isSame = (a: JsonValue | undefined, b: JsonValue | undefined): boolean => {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as JsonObject, b as JsonObject];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isSame(left[key], right[key]))
  );
};
