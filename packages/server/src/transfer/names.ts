import { isJsonObject, type JsonObject, type JsonValue } from "@usermeta/core";

const MAX_SHOWN = 20;
const PLAIN = /^[\w .:/-]{1,64}$/;

/** A name of a stranger's file as a terminal may show it. */
const shown = (name: string): string => (PLAIN.test(name) ? name : JSON.stringify(name.slice(0, 64)));

/** Names as a message lists them. */
export const listNames = (names: Iterable<string>): string => {
  const all = [...names].sort();
  const more = all.length > MAX_SHOWN ? ` and ${all.length - MAX_SHOWN} more` : "";
  return all.length === 0 ? "no names" : all.slice(0, MAX_SHOWN).map(shown).join(", ") + more;
};

/** What a value has, for a message: the names of an object. */
export const namesOf = (value: unknown): string =>
  isJsonObject(value) ? listNames(Object.keys(value)) : "no names";

/** A name as PostgreSQL's columns are written: `publicMetadata`, `Public Metadata` → `public_metadata`. */
export const toSnakeCase = (name: string): string =>
  name
    .replace(/([a-z\d])([A-Z])|([A-Z])([A-Z][a-z])/g, "$1$3_$2$4")
    .replace(/[ -]+/g, "_")
    .toLowerCase();

/**
 * Gives a user's properties by their names in snake case: vendors write one property in several ways, by the API, the SDK
 * and the export.
 */
export const bySnakeCase = (user: JsonObject): ReadonlyMap<string, JsonValue> =>
  new Map(Object.entries(user).map(([name, value]) => [toSnakeCase(name), value]));
