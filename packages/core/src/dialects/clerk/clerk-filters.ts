import type { MetadataDocument } from "../../document/document.ts";
import type { JsonObject } from "../../document/json.ts";
import { UserMetadataError } from "../../errors.ts";
import { PROFILE_KEY, type Profile, type ProfileField, profileOf } from "./clerk-profile.ts";

/** What a list looks at of a user. */
export interface Row extends Profile {
  readonly user_id: string;
  readonly created_at: number;
  readonly updated_at: number;
}

/** The parameters that select users, by their names on the wire. */
export type Filters = Readonly<Record<string, readonly string[]>>;
/** Whether a user is in the list. */
type Test = (row: Row) => boolean;
/** Reads the values of one parameter. */
type Reader = (values: readonly string[], name: string) => Test;

/** How many values of one parameter are read, as at Clerk. */
const MAX_VALUES = 100;

/** What a list looks at of a document. */
export const toRow = (userId: string, document: MetadataDocument): Row => ({
  ...profileOf(document),
  user_id: userId,
  created_at: document.createdAt,
  // As a user is shown.
  updated_at: document.version,
});

/** The ids that are to be in the list, without a `+` before them, which in a query may have become a space. */
export const wantedOf = (values: readonly string[]): readonly string[] =>
  values.filter((value) => !value.startsWith("-")).map((value) => value.replace(/^[+ ]/, ""));

/** `-` before a value leaves its user out. */
const signed =
  (field: "user_id" | "external_id"): Reader =>
  (values) => {
    const wanted = new Set<string | null>(wantedOf(values));
    const left = new Set<string | null>(
      values.filter((value) => value.startsWith("-")).map((value) => value.slice(1)),
    );
    return ({ [field]: value }) => (wanted.size === 0 || wanted.has(value)) && !left.has(value);
  };

/** Some of the fields contain the text, in whatever case. */
const partial =
  (...fields: readonly ("user_id" | ProfileField)[]): Reader =>
  (values, name) => {
    const text = toOne(name, values)?.toLowerCase() ?? "";
    return (row) =>
      fields
        .map((field) => row[field] ?? "")
        .join(" ")
        .toLowerCase()
        .includes(text);
  };

const when =
  (isWanted: (time: number, limit: number) => boolean): Reader =>
  (values, name) => {
    const text = toOne(name, values) ?? "";
    if (!/^\d{1,16}$/.test(text))
      throw invalidQuery(`${name} is ${JSON.stringify(text)}; give a whole number of ms since 1970`);
    return (row) => isWanted(row.created_at, Number(text));
  };

const READERS: Readonly<Record<string, Reader>> = {
  user_id: signed("user_id"),
  external_id: signed("external_id"),
  username: (values) => (row) => row.username !== null && values.includes(row.username),
  query: partial("user_id", "username", "first_name", "last_name"),
  username_query: partial("username"),
  name_query: partial("first_name", "last_name"),
  created_at_before: when((time, limit) => time < limit),
  created_at_after: when((time, limit) => time > limit),
};

/** What a user must be to be in a list. @throws UserMetadataError `parameter_unknown`, `query_invalid` */
export const toTest = (filters: Filters): Test => {
  const tests = Object.entries(filters).map(([name, values]) => {
    const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    if (!reader) throw unknownFilter(name);
    if (values.length > MAX_VALUES)
      throw invalidQuery(`${name} is there ${values.length} times; at most ${MAX_VALUES} are read`);
    return reader(values, name);
  });
  return (row) => tests.every((test) => test(row));
};

/** What the store can search the private tier by: a field of the profile for which one value is wanted. */
export const toWhere = ({ external_id: ids = [], username: names = [] }: Filters): JsonObject => {
  const [id, ...otherIds] = wantedOf(ids);
  const [name, ...otherNames] = names;
  if (id !== undefined && otherIds.length === 0) return { [PROFILE_KEY]: { external_id: id } };
  if (name !== undefined && otherNames.length === 0) return { [PROFILE_KEY]: { username: name } };
  return {};
};

/** The value of a parameter that is there at most once. @throws UserMetadataError `query_invalid` */
export const toOne = (name: string, values: readonly string[] = []): string | undefined => {
  if (values.length > 1) throw invalidQuery(`${name} is there ${values.length} times; give it once`);
  return values[0];
};

/** A list cannot be made of what was asked. */
export const invalidQuery = (reason: string): UserMetadataError =>
  new UserMetadataError("query_invalid", `The list cannot be made: ${reason}.`);

const unknownFilter = (parameter: string): UserMetadataError =>
  new UserMetadataError(
    "parameter_unknown",
    `Users cannot be searched by ${JSON.stringify(parameter)}, only by ${Object.keys(READERS).join(", ")}. Pass clerkDialect({ users: { exists, list } }) to search your own users.`,
    { details: { parameter } },
  );
