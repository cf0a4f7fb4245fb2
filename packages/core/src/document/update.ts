import { invalidOption, UserMetadataError } from "../errors.ts";
import {
  type DocumentContent,
  type Intent,
  type Merge,
  type MetadataDocument,
  TIERS,
  type Tier,
} from "./document.ts";
import { isJsonObject, type JsonObject, type JsonValue, kind } from "./json.ts";
import { mergeDeep, mergeShallow } from "./merge.ts";

/** An update that has been checked: JSON objects for the tiers it names, and the claims if it names those. */
export interface CheckedUpdate {
  readonly tiers: readonly (readonly [Tier, JsonObject])[];
  readonly claims: readonly string[] | undefined;
}

const NAMES: ReadonlyMap<string, Tier> = new Map(TIERS.map((tier) => [`${tier}Metadata`, tier]));

/**
 * Reads `{publicMetadata?, privateMetadata?, unsafeMetadata?, claims?}`.
 * @throws UserMetadataError `json_not_object`, `parameter_unknown`, `claim_key_unknown`
 */
export const toUpdate = (value: JsonValue): CheckedUpdate => {
  const { claims, ...named } = asObject(value, "");
  const tiers = Object.entries(named).map(([name, tierValue]) => {
    const tier = NAMES.get(name);
    if (tier === undefined) throw unknownParameter(name);
    return [tier, asObject(tierValue, `/${name}`)] as const;
  });
  return { tiers, claims: claims === undefined ? undefined : toClaims(claims) };
};

/** An update of one tier. @throws UserMetadataError `json_not_object` */
export const toTierUpdate = (tier: Tier, value: JsonValue): CheckedUpdate => ({
  tiers: [[tier, asObject(value, "")]],
  claims: undefined,
});

/** What a checked update makes of a document. @throws UserMetadataError `claim_key_unknown` */
export const applyUpdate = (
  current: MetadataDocument,
  update: CheckedUpdate,
  merge: Merge,
): DocumentContent => {
  const content: Record<Tier, JsonObject> = {
    public: current.public,
    private: current.private,
    unsafe: current.unsafe,
  };
  const mergeTier = mergerOf(merge);
  for (const [tier, value] of update.tiers) content[tier] = mergeTier(current[tier], value);
  return withClaims(current, content, update.claims);
};

/** What is in either document; at a root key that both have, what `to` has, and whether it goes into tokens. */
export const united = (from: MetadataDocument, to: MetadataDocument): DocumentContent => ({
  public: { ...from.public, ...to.public },
  private: { ...from.private, ...to.private },
  unsafe: { ...from.unsafe, ...to.unsafe },
  claims: [...to.claims, ...from.claims.filter((key) => !Object.hasOwn(to.public, key))],
});

/** The change that an update makes. */
export const toIntent = (update: CheckedUpdate, merge: Merge): Intent => ({
  change: (current) => applyUpdate(current, update, merge),
  sent: update.tiers,
  merge,
  isWhole: merge === "replace" && update.tiers.length === TIERS.length,
});

/** The root keys of a tier that a change may touch; `undefined`: any. */
export const keysOf = ({ sent, merge = "replace" }: Intent, tier: Tier): readonly string[] | undefined => {
  if (merge === "replace" || !sent) return undefined;
  for (const [name, value] of sent) if (name === tier) return Object.keys(value);
  return undefined;
};

/** @throws UserMetadataError `options_invalid` for an unknown merge */
export const mergerOf = (merge: Merge): ((target: JsonObject, patch: JsonObject) => JsonObject) => {
  const merger = MERGES[merge];
  if (!merger) throw invalidOption(`merge is ${JSON.stringify(merge)}; use "deep" or "shallow"`);
  return merger;
};

const MERGES: Readonly<Record<Merge, (target: JsonObject, patch: JsonObject) => JsonObject>> = {
  deep: (target, patch) => mergeDeep(target, patch) as JsonObject,
  shallow: mergeShallow,
  replace: (_, patch) => patch,
};

/** Flags follow their keys: one whose key is gone goes too; one that is asked for must have its key. */
const withClaims = (
  current: MetadataDocument,
  tiers: Record<Tier, JsonObject>,
  wanted: readonly string[] | undefined,
): DocumentContent => {
  const { public: publicTier, private: privateTier, unsafe } = tiers;
  const missing = wanted?.find((key) => !Object.hasOwn(publicTier, key));
  if (missing !== undefined)
    throw unknownClaim(`names ${JSON.stringify(missing)}, which publicMetadata does not have`);
  const kept = current.claims.filter((key) => Object.hasOwn(publicTier, key));
  const claims = wanted ?? (kept.length === current.claims.length ? current.claims : kept);
  return { public: publicTier, private: privateTier, unsafe, claims };
};

const toClaims = (value: JsonValue): string[] => {
  if (!Array.isArray(value) || !value.every((key) => typeof key === "string"))
    throw unknownClaim(Array.isArray(value) ? "contains something other than a string" : `is ${kind(value)}`);
  return [...new Set(value)];
};

/** What stands at a path, if an object is wanted. @throws UserMetadataError `json_not_object` */
export const asObject = (value: JsonValue | undefined, path: string): JsonObject => {
  if (isJsonObject(value)) return value;
  throw new UserMetadataError(
    "json_not_object",
    `${path === "" ? "The metadata" : path} is ${kind(value)}. Send a JSON object; {} is an empty one.`,
    { details: { path } },
  );
};

const unknownParameter = (parameter: string): UserMetadataError =>
  new UserMetadataError(
    "parameter_unknown",
    `${JSON.stringify(parameter)} is not part of an update. Its keys are ${[...NAMES.keys()].join(", ")} and claims.`,
    { details: { parameter } },
  );

const unknownClaim = (found: string): UserMetadataError =>
  new UserMetadataError(
    "claim_key_unknown",
    `claims ${found}. Send a list of root keys that publicMetadata has after the update.`,
  );
