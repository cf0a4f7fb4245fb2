import { UserMetadataError } from "../errors.ts";
import type { Tier } from "./document.ts";
import { type JsonObject, type JsonValue, jsonBytes } from "./json.ts";

/** A tier that is as large as this is measured once; what it becomes is measured by what changed. In bytes. */
const LARGE = 4096;

/** The most bytes for each that `weigh` counts: a UTF-16 unit takes three, and six if it is escaped; a number takes 24. */
export const MAX_BYTES_EACH = 6;

/** The sizes of large tiers. */
const SIZES: WeakMap<JsonObject, number> = new WeakMap();

/** Whether a tier is known to be large. */
export const isLarge = (tier: JsonObject): boolean => SIZES.has(tier);

/** A tier before and after a change. */
export interface ChangedTier {
  readonly before: JsonObject;
  readonly after: JsonObject;
  /** The root keys that may have changed. @default all */
  readonly keys?: readonly string[] | undefined;
}

/** @throws UserMetadataError `tier_too_large` */
export const checkSize = (tier: Tier, changed: ChangedTier, maxBytes: number): void => {
  const bytes = measure(changed, maxBytes);
  if (bytes <= maxBytes) return;
  throw new UserMetadataError(
    "tier_too_large",
    `The ${tier} metadata would take ${bytes} bytes; the limit is ${maxBytes}. Nothing was written; remove keys, or raise limits.maxTierBytes.`,
    { details: { tier, bytes, maxBytes } },
  );
};

/** Bytes of UTF-8 JSON, if those may be more than `maxBytes`; else no more than those. */
const measure = ({ before, after, keys }: ChangedTier, maxBytes: number): number => {
  const known = keys && SIZES.get(before);
  if (known === undefined) {
    const size = weigh(after, Number.POSITIVE_INFINITY);
    if (size < LARGE && size * MAX_BYTES_EACH <= maxBytes) return size;
    const bytes = jsonBytes(after, Math.min(maxBytes, LARGE));
    if (bytes >= LARGE) SIZES.set(after, bytes);
    return bytes;
  }
  let bytes = known;
  for (const key of keys ?? []) bytes += bytesAt(after, key) - bytesAt(before, key);
  SIZES.set(after, bytes);
  return bytes;
};

/** About how long a value is as JSON, without making the text; infinite if it is deeper than so many levels. */
export const weigh = (value: JsonValue, levels: number): number => {
  if (typeof value === "string") return value.length + 3;
  if (typeof value !== "object" || value === null) return 8;
  if (levels === 0) return Number.POSITIVE_INFINITY;
  let size = 2;
  if (Array.isArray(value)) for (const item of value) size += weigh(item, levels - 1);
  else for (const key in value) size += key.length + 4 + weigh(value[key] as JsonValue, levels - 1);
  return size;
};

/** The bytes of a key and its value, with a colon and a comma. */
const bytesAt = (tier: JsonObject, key: string): number =>
  Object.hasOwn(tier, key) ? jsonBytes(key, 0) + jsonBytes(tier[key] as JsonValue, 0) + 2 : 0;
