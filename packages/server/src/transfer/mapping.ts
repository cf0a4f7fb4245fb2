import { isJsonObject, type JsonObject, type JsonValue, UserMetadataError } from "@usermeta/core";
import { bySnakeCase, listNames, namesOf } from "./names.ts";
import { parseExact } from "./parse-exact.ts";
import { toRecord, type UserRecord } from "./record.ts";
import { type Names, type Source, type TierName, toMs } from "./sources/source.ts";

/** A user of an import. */
export interface ImportedUser {
  readonly record: UserRecord;
  /** Whether nobody knows when it was changed, so that its content says whether it was. */
  readonly isUndated: boolean;
}

/** Reads users of another system, one after the other. */
export interface Mapping {
  /**
   * The user as a record; `undefined` if there is no metadata.
   * @throws UserMetadataError for a user who is refused
   */
  toUser(value: JsonValue): ImportedUser | undefined;
  /** The user id, if there is one, of a value that may not be valid. */
  userIdOf(value: unknown): string | undefined;
  /** The names that were there and are not read. */
  readonly leftOut: ReadonlySet<string>;
  /** Throws unless one of the users had metadata. @throws UserMetadataError `options_invalid` */
  checkUnderstood(users: number): void;
}

const TIERS: readonly TierName[] = ["publicMetadata", "privateMetadata", "unsafeMetadata"];

/** Makes a mapping. @param now the time of the import, in ms */
export const createMapping = (source: Source, now: number): Mapping => {
  const leftOut = new Set<string>();
  const read = new Set([
    ...[...source.ids, ...source.createdAt, ...source.updatedAt, source.scope ?? ""],
    ...Object.values(source.metadata).flat(),
  ]);
  const wanted = Object.values(source.metadata).flat();
  let scope: JsonValue | undefined;
  let isUnderstood = false;

  const note = (shaped: JsonObject, names: ReadonlyMap<string, JsonValue>): void => {
    const known = [...names.keys()];
    Object.keys(shaped).forEach((name, index) => {
      if (!read.has(known[index] ?? "")) leftOut.add(name);
    });
    isUnderstood ||= wanted.some((name) => names.has(name));
  };

  const checkScope = (names: ReadonlyMap<string, JsonValue>): void => {
    const found = source.scope === undefined ? undefined : names.get(source.scope);
    scope ??= found;
    if (found !== scope) throw otherScope(source.scope ?? "");
  };

  return {
    leftOut,
    toUser(value) {
      if (!isJsonObject(value))
        throw new UserMetadataError("json_not_object", "It is not a JSON object.", { details: { path: "" } });
      const shaped = source.shape?.(value) ?? value;
      const names = bySnakeCase(shaped);
      note(shaped, names);
      const userId = idOf(names, source.ids);
      if (userId === undefined) throw withoutId(source.ids, value);
      checkScope(names);
      return toImported(String(userId), names, { source, now });
    },
    userIdOf(value) {
      if (!isJsonObject(value)) return undefined;
      const userId = idOf(bySnakeCase(source.shape?.(value) ?? value), source.ids);
      return userId === undefined ? undefined : String(userId);
    },
    checkUnderstood(users) {
      if (isUnderstood || users === 0) return;
      throw new UserMetadataError(
        "options_invalid",
        `No user has metadata that is known here (${wanted.join(", ")}); users read: ${users}. ` +
          `What they have: ${listNames(leftOut)}. Nothing was imported. Check --from, and export the metadata too.`,
      );
    },
  };
};

const idOf = (names: ReadonlyMap<string, JsonValue>, ids: Names): string | number | undefined =>
  ids
    .map((name) => names.get(name))
    .find((value) => (typeof value === "string" && value !== "") || Number.isSafeInteger(value)) as
    | string
    | number
    | undefined;

/** The user's metadata and times. A system that does not say when a user was made does with the time of the import. */
const toImported = (
  userId: string,
  names: ReadonlyMap<string, JsonValue>,
  { source, now }: { readonly source: Source; readonly now: number },
): ImportedUser | undefined => {
  const first = (wanted: Names = []): JsonValue | undefined =>
    wanted.map((name) => names.get(name)).find((value) => value !== undefined && value !== null);
  const tiers = Object.fromEntries(TIERS.map((tier) => [tier, toTier(first(source.metadata[tier]))]));
  if (Object.values(tiers).every((tier) => JSON.stringify(tier) === "{}")) return undefined;
  const updatedAt = toMs(first(source.updatedAt));
  const createdAt = toMs(first(source.createdAt)) ?? updatedAt ?? now;
  const record = toRecord({
    ...tiers,
    userId,
    claims: [],
    // The same user has the same version when the import is run again, and a later one when it was changed there.
    version: updatedAt ?? 1,
    createdAt,
    updatedAt: updatedAt ?? createdAt,
  });
  return { record, isUndated: updatedAt === undefined };
};

/** A property that is metadata, or JSON text of it: `{}` if it is missing. That it is an object is for the engine to judge. */
const toTier = (value: JsonValue | undefined): JsonValue =>
  typeof value === "string" ? (value.trim() === "" ? {} : parseExact(value)) : (value ?? {});

const withoutId = (ids: Names, value: JsonObject): UserMetadataError =>
  new UserMetadataError(
    "user_id_invalid",
    `There is no user id: it would be named ${ids.join(" or ")}. What is there: ${namesOf(value)}.`,
  );

const otherScope = (name: string): UserMetadataError =>
  new UserMetadataError(
    "options_invalid",
    `Its ${name} is another one than that of the users before, and two users may have the same id. Import the users of one ${name}.`,
  );
