/** A JSON value (RFC 8259) as JavaScript holds it. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** A JSON object: what one tier holds. */
export type JsonObject = { [key: string]: JsonValue };

/**
 * Whether a JSON value is an object: not an array, not `null`.
 *
 * @example
 * ```ts
 * import { isJsonObject } from "@usermeta/core";
 *
 * console.log(isJsonObject({ theme: "dark" }), isJsonObject(["dark"])); // true false
 * ```
 */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Whether a tier contains what the `where` of a search names, for stores that have no such operator: an object has each
 * key with what is contained, anything else is the same.
 *
 * @example
 * ```ts
 * import { jsonContains } from "@usermeta/core";
 *
 * const tier = { plan: "pro", address: { city: "Oslo", zip: "0150" } };
 * console.log(jsonContains(tier, { address: { city: "Oslo" } })); // true
 * ```
 */
export const jsonContains = (value: JsonValue | undefined, where: JsonValue): boolean => {
  if (!isJsonObject(where)) return value === where;
  if (!isJsonObject(value)) return false;
  return Object.entries(where).every(
    ([key, wanted]) => Object.hasOwn(value, key) && jsonContains(value[key], wanted),
  );
};

const encoder = new TextEncoder();

/** A text as UTF-8. */
export const toUtf8 = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);

/** Bytes in hexadecimal digits. */
export const toHex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** How many bytes a value takes as UTF-8 JSON, if that may be more than `maxBytes`; else no more than it takes. */
export const jsonBytes = (value: JsonValue, maxBytes: number): number => {
  const text = JSON.stringify(value);
  // A UTF-16 unit takes three bytes at most.
  return text.length * 3 > maxBytes ? toUtf8(text).length : text.length;
};

/** What a value is, with its article. */
export const kind = (value: unknown): string => {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? "an array" : withArticle(typeof value);
};

/** A noun or a name after "a" or "an". */
export const withArticle = (noun: string): string => `${/^[aeiou]/i.test(noun) ? "an" : "a"} ${noun}`;
