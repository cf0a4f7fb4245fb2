import type { DocumentContent, Intent, MetadataDocument } from "../../document/document.ts";
import { isJsonObject, type JsonObject, type JsonValue, kind } from "../../document/json.ts";
import { mergeDeep } from "../../document/merge.ts";
import { applyUpdate, type CheckedUpdate, toIntent } from "../../document/update.ts";
import { UserMetadataError } from "../../errors.ts";

/** What an app keeps of a user beside the metadata, by its names on the wire. */
export const PROFILE_FIELDS = ["external_id", "username", "first_name", "last_name"] as const;

export type ProfileField = (typeof PROFILE_FIELDS)[number];
export type Profile = Readonly<Record<ProfileField, string | null>>;

/** Where it is kept: at this root key of the private tier. */
export const PROFILE_KEY = "clerk:user";

/** Whether a parameter is one of the profile. */
export const isProfileField = (name: string): name is ProfileField =>
  (PROFILE_FIELDS as readonly string[]).includes(name);

/** What is kept of a user. What is not a string, which another dialect may have written, counts as nothing. */
export const profileOf = ({ private: tier }: MetadataDocument): Profile => {
  const kept = tier[PROFILE_KEY];
  const values = PROFILE_FIELDS.map((field) => {
    const value = isJsonObject(kept) ? kept[field] : null;
    return [field, typeof value === "string" ? value : null];
  });
  return Object.fromEntries(values);
};

/** The private tier as the app wrote it. */
export const privateMetadataOf = ({ private: tier }: MetadataDocument): JsonObject => {
  const { [PROFILE_KEY]: _, ...others } = tier;
  return others;
};

/** A new value of a field; `null` and `""` remove it. @throws UserMetadataError `json_value_refused` */
export const toProfileValue = (field: ProfileField, value: JsonValue): string | null => {
  if (value === null || value === "") return null;
  if (typeof value === "string") return value;
  throw new UserMetadataError(
    "json_value_refused",
    `${field} is ${kind(value)}. Send a string, or null to remove it.`,
    { details: { path: `/${field}` } },
  );
};

/** Merges the tiers that are named; `undefined` if there are none. */
export const toMerge = (update: CheckedUpdate): Intent | undefined =>
  update.tiers.length === 0 ? undefined : toIntent(update, "deep");

/**
 * Replaces the tiers that are named, and merges into the profile; `undefined` if nothing is named. At Clerk a profile is
 * in no tier, so it stays when the private tier is replaced.
 */
export const toReplacement = (update: CheckedUpdate, profile: JsonObject = {}): Intent | undefined => {
  if (update.tiers.length === 0 && isEmpty(profile)) return undefined;
  return {
    ...toIntent(update, "replace"),
    bytes: JSON.stringify(profile).length,
    change: (current) => withProfile(current, applyUpdate(current, update, "replace"), profile),
  };
};

const withProfile = (
  current: MetadataDocument,
  content: DocumentContent,
  patch: JsonObject,
): DocumentContent => {
  if (content.private === current.private && isEmpty(patch)) return content;
  const { [PROFILE_KEY]: kept = current.private[PROFILE_KEY] ?? {}, ...others } = content.private;
  const profile = mergeDeep(kept, patch) as JsonObject;
  return { ...content, private: isEmpty(profile) ? others : { ...others, [PROFILE_KEY]: profile } };
};

const isEmpty = (value: JsonObject): boolean => Object.keys(value).length === 0;
