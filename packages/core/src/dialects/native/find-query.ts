import { TIERS, type Tier } from "../../document/document.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../document/json.ts";
import { isExactNumber } from "../../document/number.ts";
import type { FindOptions } from "../../document/types.ts";
import { invalidQuery } from "../../storing/find.ts";

/** The query of `GET /users`: `limit`, `cursor`, and `tier.key=value`. A value that parses as JSON is that JSON value. */
export const readFindQuery = (query: string): FindOptions => {
  const options: { tier?: Tier; limit?: number; cursor?: string } = {};
  const where: JsonObject = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === "limit") options.limit = Number(value);
    else if (name === "cursor") options.cursor = value;
    else {
      const [tier, ...keys] = name.split(".");
      if (!TIERS.includes(tier as Tier) || keys.length === 0 || keys.includes("__proto__"))
        throw invalidQuery(
          `${JSON.stringify(name)} is not a parameter; use limit, cursor, or public.key=value`,
        );
      if (options.tier !== undefined && options.tier !== tier)
        throw invalidQuery("the parameters name two tiers; search one at a time");
      options.tier = tier as Tier;
      put(where, keys, toValue(value));
    }
  }
  return { ...options, where };
};

const put = (where: JsonObject, keys: readonly string[], value: JsonValue): void => {
  let target = where;
  for (const key of keys.slice(0, -1)) {
    const next = Object.hasOwn(target, key) ? target[key] : {};
    if (!isJsonObject(next))
      throw invalidQuery(`${JSON.stringify(key)} is asked to be a value and an object`);
    target[key] = next;
    target = next;
  }
  const last = keys.at(-1) as string;
  if (Object.hasOwn(target, last)) throw invalidQuery(`${JSON.stringify(last)} is there twice`);
  target[last] = value;
};

/** What cannot be searched for as JSON is text: an object, and a number that would be altered. */
const toValue = (text: string): JsonValue => {
  try {
    const value: unknown = JSON.parse(text);
    const isText = typeof value === "number" ? !isKept(text, value) : typeof value === "object" && value;
    return isText ? text : (value as JsonValue);
  } catch {
    return text;
  }
};

const isKept = (text: string, value: number): boolean => Number.isFinite(value) && isExactNumber(text.trim());
