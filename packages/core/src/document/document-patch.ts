/** JSON Patch over documents. Few callers send one, so this module is loaded when the first does. */
import { type DocumentContent, type MetadataDocument, TIERS, type Tier } from "./document.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { jsonEquals } from "./json-profile.ts";
import { applyUpdate, toTierUpdate, toUpdate } from "./update.ts";

/** A JSON Patch that came in, and how deep a tier may be after it. */
export interface DocumentPatch {
  readonly operations: JsonValue;
  readonly maxDepth: number;
}

/**
 * What a JSON Patch over `{publicMetadata, privateMetadata, unsafeMetadata, claims}` makes of a document; a tier that
 * it removes is empty.
 * @throws UserMetadataError `patch_invalid`, `patch_conflict`, `json_too_deep`, and what `toUpdate` throws
 */
export const patchDocument = (
  current: MetadataDocument,
  { operations, maxDepth }: DocumentPatch,
): DocumentContent => {
  const before: JsonObject = { claims: [...current.claims] };
  for (const tier of TIERS) before[`${tier}Metadata`] = current[tier];
  const after = toUpdate(applyJsonPatch(before, operations, { maxDepth: maxDepth + 1 }));
  const named = new Map(after.tiers);
  const tiers = TIERS.map((tier) => {
    const value = named.get(tier) ?? {};
    // A tier that the patch left as it was stays the same object, so that it is not judged anew.
    return [tier, jsonEquals(value, current[tier]) ? current[tier] : value] as const;
  });
  const claims = after.claims ?? [];
  const same = jsonEquals([...claims], [...current.claims]);
  return applyUpdate(current, { tiers, claims: same ? undefined : claims }, "replace");
};

/** What a JSON Patch over one tier makes of a document. @throws UserMetadataError as `patchDocument` */
export const patchTier = (
  current: MetadataDocument,
  tier: Tier,
  { operations, maxDepth }: DocumentPatch,
): DocumentContent => {
  const after = applyJsonPatch(current[tier], operations, { maxDepth });
  return applyUpdate(current, toTierUpdate(tier, after), "replace");
};
