import { checkDepth } from "./depth.ts";
import type { Intent } from "./document.ts";
import type { GuardOptions } from "./guard.ts";
import type { JsonValue } from "./json.ts";
import { checkSize } from "./tier-size.ts";
import { mergerOf } from "./update.ts";

/**
 * Judges an update before the document is read: what it makes of an empty tier is the least that it makes of any.
 * @returns about how many bytes of JSON wait with it
 * @throws UserMetadataError `tier_too_large`, `json_too_deep`
 */
export const checkLeast = (
  { sent, merge = "replace", bytes = 0 }: Intent,
  { maxTierBytes, maxDepth }: Pick<GuardOptions, "maxTierBytes" | "maxDepth">,
): number => {
  let all = bytes;
  for (const [tier, value] of sent ?? []) {
    const size = weigh(value, maxDepth);
    // A UTF-16 unit takes three bytes at most, and six if it is escaped.
    if (size * 6 > maxTierBytes) {
      const least = mergerOf(merge)({}, value);
      checkDepth(tier, { before: {}, after: least }, maxDepth);
      checkSize(tier, { before: {}, after: least }, maxTierBytes);
    }
    all += size;
  }
  return all;
};

/** About how long a value is as JSON, without making the text; infinite if it is deeper than so many levels. */
const weigh = (value: JsonValue, levels: number): number => {
  if (typeof value === "string") return value.length + 3;
  if (typeof value !== "object" || value === null) return 8;
  if (levels === 0) return Number.POSITIVE_INFINITY;
  let size = 2;
  if (Array.isArray(value)) for (const item of value) size += weigh(item, levels - 1);
  else for (const key in value) size += key.length + 4 + weigh(value[key] as JsonValue, levels - 1);
  return size;
};
