import { type DocumentContent, type MetadataDocument, TIERS, type Tier } from "./document.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { jsonEquals } from "./json-profile.ts";
import { applyUpdate, toTierUpdate, toUpdate } from "./update.ts";

/**
 * What a JSON Patch over `{publicMetadata, privateMetadata, unsafeMetadata, claims}` makes of a document; a tier that
 * it removes is empty.
 * @throws UserMetadataError `patch_invalid`, `patch_conflict`, and those of `toUpdate`
 */
export const patchDocument = (current: MetadataDocument, operations: JsonValue): DocumentContent => {
  const before: JsonObject = { claims: [...current.claims] };
  for (const tier of TIERS) before[`${tier}Metadata`] = current[tier];
  const after = toUpdate(applyJsonPatch(before, operations));
  const named = new Map(after.tiers);
  const tiers = TIERS.map((tier) => {
    const value = named.get(tier) ?? {};
    // A tier that the patch left as it was stays the same object, so that it is not checked again.
    return [tier, jsonEquals(value, current[tier]) ? current[tier] : value] as const;
  });
  const claims = after.claims ?? [];
  const same = jsonEquals([...claims], [...current.claims]);
  return applyUpdate(current, { tiers, claims: same ? undefined : claims }, "replace");
};

/** What a JSON Patch over one tier makes of a document. @throws UserMetadataError as `patchDocument` */
export const patchTier = (current: MetadataDocument, tier: Tier, operations: JsonValue): DocumentContent =>
  applyUpdate(current, toTierUpdate(tier, applyJsonPatch(current[tier], operations)), "replace");
