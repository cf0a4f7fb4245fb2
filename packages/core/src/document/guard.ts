import { UserMetadataError } from "../errors.ts";
import { checkDepth } from "./depth.ts";
import { type DocumentContent, type MetadataDocument, TIERS, type Tier } from "./document.ts";
import { type JsonObject, jsonBytes } from "./json.ts";
import { checkSchema, type StandardSchema } from "./schema.ts";

/** Checks the content that a mutation made of a document; throws or rejects if it may not be stored. */
export type Guard = (current: MetadataDocument, content: DocumentContent) => undefined | Promise<undefined>;

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
  return (current, content) => {
    const changed = TIERS.filter((tier) => content[tier] !== current[tier]);
    for (const tier of changed) {
      checkDepth(tier, { before: current[tier], after: content[tier], maxDepth });
      checkSize(tier, content[tier], maxTierBytes);
    }
    if (changed.length > 0 || content.claims !== current.claims) checkClaims(current, content);
    return changed.some((tier) => schemas[tier]) ? checkSchemas(changed, content) : undefined;
  };
};

/** @throws UserMetadataError `tier_too_large` */
export const checkSize = (tier: Tier, value: JsonObject, maxBytes: number): void => {
  const bytes = jsonBytes(value, maxBytes);
  if (bytes <= maxBytes) return;
  throw new UserMetadataError(
    "tier_too_large",
    `The ${tier} metadata would take ${bytes} bytes of ${maxBytes}. Nothing was written; remove keys, or raise limits.maxTierBytes.`,
    { details: { tier, bytes, maxBytes } },
  );
};
