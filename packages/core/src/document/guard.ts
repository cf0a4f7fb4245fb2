import { UserMetadataError } from "../errors.ts";
import type { Guard } from "../storing/write-path.ts";
import type { Claims } from "../tokens/claims.ts";
import { type DocumentContent, TIERS, type Tier } from "./document.ts";
import { type JsonObject, jsonBytes } from "./json.ts";
import type { StandardSchema } from "./schema.ts";

/** What a tier that a mutation changed must hold to. */
export interface GuardOptions {
  readonly maxTierBytes: number;
  readonly schemas: Readonly<Partial<Record<Tier, StandardSchema>>>;
  readonly claims: Claims;
}

/** A guard that judges only what a mutation changed. It @throws UserMetadataError `tier_too_large`, `schema_mismatch`, `claims_too_large`, `claim_name_reserved` */
export const createGuard = ({ maxTierBytes, schemas, claims }: GuardOptions): Guard => {
  const checkSchemas = async (changed: readonly Tier[], content: DocumentContent): Promise<undefined> => {
    const { checkSchema } = await import("./schema.ts");
    await Promise.all(
      changed.map((tier) => schemas[tier] && checkSchema(schemas[tier], tier, content[tier])),
    );
  };
  return (current, content) => {
    const changed = TIERS.filter((tier) => content[tier] !== current[tier]);
    for (const tier of changed) checkSize(tier, content[tier], maxTierBytes);
    if (changed.length > 0 || content.claims !== current.claims) claims.check(content);
    return changed.some((tier) => schemas[tier]) ? checkSchemas(changed, content) : undefined;
  };
};

const checkSize = (tier: Tier, value: JsonObject, maxBytes: number): void => {
  const bytes = jsonBytes(value, maxBytes);
  if (bytes <= maxBytes) return;
  throw new UserMetadataError(
    "tier_too_large",
    `The ${tier} metadata would take ${bytes} bytes of ${maxBytes}. Nothing was written; remove keys, or raise limits.maxTierBytes.`,
    { details: { tier, bytes, maxBytes } },
  );
};
