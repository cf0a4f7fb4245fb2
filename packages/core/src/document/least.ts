import { checkDepth } from "./depth.ts";
import type { Intent } from "./document.ts";
import type { GuardOptions } from "./guard.ts";
import { checkSize, MAX_BYTES_EACH, weigh } from "./tier-size.ts";
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
    if (size * MAX_BYTES_EACH > maxTierBytes) {
      const least = mergerOf(merge)({}, value);
      checkDepth(tier, { before: {}, after: least }, maxDepth);
      checkSize(tier, { before: {}, after: least }, maxTierBytes);
    }
    all += size;
  }
  return all;
};
