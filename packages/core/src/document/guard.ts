import { checkDepth } from "./depth.ts";
import { type DocumentContent, type Intent, type MetadataDocument, TIERS, type Tier } from "./document.ts";
import { checkSchema, type StandardSchema } from "./schema.ts";
import { checkSize } from "./tier-size.ts";
import { keysOf } from "./update.ts";

/** Checks the content that a mutation made of a document; throws or rejects if it may not be stored. */
export type Guard = (
  current: MetadataDocument,
  content: DocumentContent,
  intent: Intent,
) => undefined | Promise<undefined>;

/** The rules that a changed document must keep. */
export interface GuardOptions {
  /** Bytes of UTF-8 JSON in a tier. */
  readonly maxTierBytes: number;
  /** Levels of objects and arrays in a tier. */
  readonly maxDepth: number;
  readonly schemas: Readonly<Partial<Record<Tier, StandardSchema>>>;
  /** Throws if the content's claims cannot go into a token and `current`'s could, or were smaller. */
  readonly checkClaims: (current: DocumentContent, content: DocumentContent) => void;
}

/**
 * Makes a guard. It checks only what a mutation changed.
 * The guard @throws UserMetadataError `tier_too_large`, `json_too_deep`, `schema_mismatch`, and those of `checkClaims`
 */
export const createGuard = ({ maxTierBytes, maxDepth, schemas, checkClaims }: GuardOptions): Guard => {
  const checkSchemas = async (changed: readonly Tier[], content: DocumentContent): Promise<undefined> => {
    await Promise.all(
      changed.map((tier) => schemas[tier] && checkSchema(schemas[tier], tier, content[tier])),
    );
  };
  return (current, content, intent) => {
    const changed = TIERS.filter((tier) => content[tier] !== current[tier]);
    for (const tier of changed) {
      const change = { before: current[tier], after: content[tier], keys: keysOf(intent, tier) };
      checkDepth(tier, change, maxDepth);
      checkSize(tier, change, maxTierBytes);
    }
    if (changed.length > 0 || content.claims !== current.claims) checkClaims(current, content);
    return changed.some((tier) => schemas[tier]) ? checkSchemas(changed, content) : undefined;
  };
};
