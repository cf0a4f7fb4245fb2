import { UserMetadataError } from "../errors.ts";
import type { Tier } from "./document.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { type Path, place, toPointer } from "./json-profile.ts";
import type { ChangedTier } from "./tier-size.ts";

/**
 * Checks how deep a tier is: the one place that decides it, whichever route, method or merge made the tier. What the
 * tier shares with the one before was checked then and is skipped, so that the cost is that of the change.
 * @throws UserMetadataError `json_too_deep` beyond `maxDepth` levels of objects and arrays, the tier itself included
 */
export const checkDepth = (
  tier: Tier,
  { before, after, keys = Object.keys(after) }: ChangedTier,
  maxDepth: number,
): void => {
  const found = findAt(keys, after, before, maxDepth);
  if (found === undefined) return;
  const path = toPointer(found);
  throw new UserMetadataError(
    "json_too_deep",
    `The ${tier} metadata would have more than ${maxDepth} levels at ${place(path)}. Nothing was written; flatten it, or raise limits.maxDepth.`,
    { details: { tier, path, maxDepth } },
  );
};

/** The path of the first object or array that is too deep. It recurses `levels` deep at most. */
const findTooDeep = (value: JsonValue, before: JsonValue | undefined, levels: number): Path | undefined => {
  if (typeof value !== "object" || value === null || value === before) return undefined;
  if (levels === 0) return [];
  return findAt(Object.keys(value), value as JsonObject, (before ?? {}) as JsonObject, levels);
};

const findAt = (
  keys: readonly string[],
  ...[now, then, levels]: [now: JsonObject, then: JsonObject, levels: number]
): Path | undefined => {
  for (const key of keys) {
    const found = findTooDeep(now[key] ?? null, then[key], levels - 1);
    if (found) return [key, ...found];
  }
  return undefined;
};
