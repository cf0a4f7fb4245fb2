import { type JsonObject, type JsonValue, UserMetadataError } from "@usermeta/core";

/** What of another system's user becomes metadata here. */
export interface MappedUser {
  readonly userId: JsonValue | undefined;
  readonly publicMetadata: JsonObject;
  readonly privateMetadata: JsonObject;
  readonly unsafeMetadata: JsonObject;
  /** In ms since 1970; `undefined` if the system does not say. */
  readonly createdAt: number | undefined;
  readonly updatedAt: number | undefined;
}

/** Asks an API for JSON, with the source's key, and waits if it says 429. */
export type Ask = (path: string) => Promise<JsonValue>;

/** A system that users can be imported from. */
export interface Source {
  /** Lines for the person who imports: what becomes what. */
  readonly maps: readonly string[];
  /** What cannot be fetched, or has no place here. */
  readonly cannot: readonly string[];
  /** The names of a user's properties that `toUser` reads; all others are reported as left out. */
  readonly reads: readonly string[];
  toUser(value: JsonObject): MappedUser;
  /** The headers that a key is sent in. */
  headers(key: string): Readonly<Record<string, string>>;
  /** All users by the system's API, page by page. */
  users(ask: Ask): AsyncGenerator<JsonValue>;
}

/** A time as ms since 1970: a number already is; a text is a date (ISO 8601, or PostgreSQL's), in UTC if it has no zone. */
export const toMs = (value: JsonValue | undefined): number | undefined => {
  const ms = typeof value === "string" ? Date.parse(toIsoDate(value)) : value;
  return typeof ms === "number" && Number.isSafeInteger(ms) && ms >= 0 ? ms : undefined;
};

const toIsoDate = (text: string): string => {
  const [date = "", time = "00:00", zone = "Z"] =
    /^(.{10})(?:[T ]([\d:.]+)(.*))?$/.exec(text.trim())?.slice(1) ?? [];
  return `${date}T${time}${/^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone || "Z"}`;
};

/** A property that is metadata: `{}` if it is missing or null. That it is an object is for the engine to judge. */
export const toTier = (value: JsonValue | undefined): JsonObject => (value ?? {}) as JsonObject;

/** The list that a page holds. */
export const toList = (value: JsonValue | undefined, where: string): readonly JsonValue[] => {
  if (Array.isArray(value)) return value;
  throw new UserMetadataError(
    "options_invalid",
    `${where} did not answer with a list of users. Check the address: the API's, without a path.`,
  );
};
