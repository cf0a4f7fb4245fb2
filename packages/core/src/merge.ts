import type { JsonObject, JsonValue } from "./json.ts";
import { isJsonObject } from "./json.ts";
import { checkJson, MAX_DEPTH_CAP } from "./json-profile.ts";

/**
 * JSON Merge Patch (RFC 7396): objects are merged at every level, `null` removes, anything else replaces.
 * Neither argument is changed; the result shares what was not touched with both.
 * @throws UserMetadataError `json_value_refused`, `json_too_deep` for a patch that is no JSON or deeper than the cap
 */
export function mergeDeep(target: JsonValue, patch: JsonValue): JsonValue {
  return mergeInto(target, checkJson(patch, MAX_DEPTH_CAP));
}

/**
 * The merge of SuperTokens' `updateUserMetadata`: each root key of the patch is removed from the target, then set
 * unless it is `null`. Nested nulls are kept; arrays and nested objects are replaced whole.
 * Neither argument is changed; the result shares its values with both.
 * @throws UserMetadataError `json_value_refused`, `json_too_deep` for a patch that is no JSON or deeper than the cap
 */
export function mergeShallow(target: JsonObject, patch: JsonObject): JsonObject {
  checkJson(patch, MAX_DEPTH_CAP);
  const merged = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    // Removed first, so that the key moves to the end.
    delete merged[key];
    if (value !== null) merged[key] = value;
  }
  return merged;
}

// The check of the patch bounds this recursion and has refused `__proto__`.
function mergeInto(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch;
  const merged: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergeInto(Object.hasOwn(merged, key) ? merged[key] : undefined, value);
  }
  return merged;
}
