import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";
import { keyProblem, MAX_DEPTH_CAP, refused, tooDeep } from "./json-profile.ts";
import { isLarge } from "./tier-size.ts";

/**
 * JSON Merge Patch (RFC 7396): objects are merged at every level, `null` removes, anything else replaces.
 * Neither argument is changed; the result shares what was not touched with both.
 * @throws UserMetadataError `json_value_refused` for a key that cannot be stored, `json_too_deep` beyond 256 levels
 */
export const mergeDeep = (target: JsonValue, patch: JsonValue): JsonValue => mergeAt(target, patch, 0);

const mergeAt = (target: JsonValue | undefined, patch: JsonValue, depth: number): JsonValue => {
  if (!isJsonObject(patch)) return patch;
  if (depth === MAX_DEPTH_CAP) throw tooDeep([]);
  const merged: JsonObject = isJsonObject(target) ? copyOf(target) : {};
  for (const key of checkedKeys(patch)) {
    const value = patch[key] as JsonValue;
    if (value === null) delete merged[key];
    else merged[key] = mergeAt(Object.hasOwn(merged, key) ? merged[key] : undefined, value, depth + 1);
  }
  return merged;
};

/** Of many keys, a loop makes a copy in half the time that a spread takes; of few it is the other way round. */
const copyOf = (target: JsonObject): JsonObject => {
  if (!isLarge(target)) return { ...target };
  const copy: JsonObject = {};
  for (const key of Object.keys(target)) copy[key] = target[key] as JsonValue;
  return copy;
};

/**
 * The merge of SuperTokens' `updateUserMetadata`: each root key of the patch is removed from the target, then set
 * unless it is `null`. Nested nulls are kept; arrays and nested objects are replaced whole.
 * Neither argument is changed; the result shares its values with both.
 * @throws UserMetadataError `json_value_refused` for a key that cannot be stored
 */
export const mergeShallow = (target: JsonObject, patch: JsonObject): JsonObject => {
  const merged: JsonObject = {};
  // Not a copy from which keys are deleted: that would be slow to serialize, each time.
  for (const key of Object.keys(target)) {
    if (!Object.hasOwn(patch, key)) merged[key] = target[key] as JsonValue;
  }
  for (const key of checkedKeys(patch)) {
    if (patch[key] !== null) merged[key] = patch[key] as JsonValue;
  }
  return merged;
};

const checkedKeys = (patch: JsonObject): string[] =>
  Object.keys(patch).map((key) => {
    const problem = keyProblem(key);
    if (problem) throw refused([key], problem);
    return key;
  });
