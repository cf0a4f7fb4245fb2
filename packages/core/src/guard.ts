import type { Claims } from "./claims.ts";
import { type DocumentContent, type MetadataDocument, TIERS, type Tier } from "./document.ts";
import { UserMetadataError } from "./errors.ts";
import { type JsonObject, jsonBytes } from "./json.ts";
import { checkSchema, type StandardSchema } from "./schema.ts";

/** What a tier that a mutation changed must hold to. */
export interface GuardOptions {
  readonly maxTierBytes: number;
  readonly schemas: Readonly<Partial<Record<Tier, StandardSchema>>>;
  readonly claims: Claims;
}

/** Judges what a mutation made of a document; only what it changed is judged. */
export type Guard = (current: MetadataDocument, content: DocumentContent) => undefined | Promise<undefined>;

/** A guard @throws UserMetadataError `tier_too_large`, `schema_mismatch`, `claims_too_large`, `claim_name_reserved` */
export const createGuard = ({ maxTierBytes, schemas, claims }: GuardOptions): Guard => {
  return (current, content) => {
    const changed = TIERS.filter((tier) => content[tier] !== current[tier]);
    for (const tier of changed) checkSize(tier, content[tier], maxTierBytes);
    if (changed.length > 0 || content.claims !== current.claims) claims.check(content);
    const pending = changed.flatMap((tier) => {
      const schema = schemas[tier];
      return (schema && checkSchema(schema, tier, content[tier])) ?? [];
    });
    return pending.length > 0 ? Promise.all(pending).then(() => undefined) : undefined;
  };
};

const checkSize = (tier: Tier, value: JsonObject, maxBytes: number): void => {
  const bytes = jsonBytes(value);
  if (bytes <= maxBytes) return;
  throw new UserMetadataError(
    "tier_too_large",
    `The merged ${tier} metadata would take ${bytes} bytes of JSON; at most ${maxBytes} are allowed. ` +
      "Nothing was written; remove keys with null, or raise limits.maxTierBytes.",
    { details: { tier, bytes, maxBytes } },
  );
};
