import type { JsonObject, JsonValue } from "@usermeta/core";
import { invalidSetting } from "../../config/settings.ts";
import { splitList } from "../json-list.ts";

/** Asks an API for JSON, and waits if it says 429. It answers the text, so that no number is rounded unseen. */
export interface Ask {
  (path: string): Promise<string>;
  /** `undefined` for a 404. */
  readonly ifThere: (path: string) => Promise<string | undefined>;
}

/** How a system's users are fetched. */
export interface Api {
  /** Whether every installation asks for a key. */
  readonly needsKey: boolean;
  /** The headers that a key is sent in. */
  headers(key: string): Readonly<Record<string, string>>;
  /** All users, page by page, each as JSON text. */
  users(ask: Ask, tell: (text: string) => void): AsyncGenerator<string>;
}

/** The names of properties, in snake case; the first that is there counts. */
export type Names = readonly string[];

/** A system that users can be imported from. Its names are those of `bySnakeCase`. */
export interface Source {
  /** Lines for the person who imports: what becomes what. */
  readonly maps: readonly string[];
  /** What cannot be fetched, or has no place here. */
  readonly cannot: readonly string[];
  readonly ids: Names;
  /** The properties that are metadata: objects, or JSON text of objects. */
  readonly metadata: { readonly [T in TierName]?: Names };
  /** Times in ms since 1970 or as text. A user without `updatedAt` is compared by its content when imported again. */
  readonly createdAt: Names;
  readonly updatedAt: Names;
  /** The names that a list of users may have in an object. */
  readonly lists: Names;
  /** Why its CSV is not read, and what to do instead. @default it is read */
  readonly noCsv?: string;
  /** A property that is the same for all users who can be imported together. */
  readonly scope?: string;
  /** Brings a user into the form that the names above are about. */
  shape?(user: JsonObject): JsonObject;
  /** The users by the system's API, or why there are none by it. */
  readonly api: Api | string;
}

/** What `UserRecord` calls a tier. */
export type TierName = "publicMetadata" | "privateMetadata" | "unsafeMetadata";

/** A time as ms since 1970: a number already is; a text is one too, or a date (ISO 8601, or PostgreSQL's), in UTC if it has no zone. */
export const toMs = (value: JsonValue | undefined): number | undefined => {
  const ms = typeof value === "string" ? textToMs(value.trim()) : value;
  return typeof ms === "number" && Number.isSafeInteger(ms) && ms > 0 ? ms : undefined;
};

const textToMs = (text: string): number => (/^\d+$/.test(text) ? Number(text) : Date.parse(toIsoDate(text)));

const toIsoDate = (text: string): string => {
  const [date = "", time = "00:00", zone = "Z"] =
    /^(.{10})(?:[T ]([\d:.]+)(.*))?$/.exec(text)?.slice(1) ?? [];
  return `${date}T${time}${/^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone || "Z"}`;
};

/** The users of a page, each as JSON text: of the list that it is, or that it has under one of these names. */
export const usersOfPage = async (page: string, lists: Names, system: string): Promise<readonly string[]> => {
  const users: string[] = [];
  try {
    for await (const { text } of splitList([page], lists)) users.push(text);
  } catch {
    throw invalidSetting(
      `${system} did not answer with a list of users. Check the address: the API's, without a path.`,
    );
  }
  return users;
};
