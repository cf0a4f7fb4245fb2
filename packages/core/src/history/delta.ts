import { isJsonObject, type JsonObject, type JsonValue } from "../document/json.ts";

/** Before and after a change, as the members of a delta are called. */
export type Side = "-" | "+";

/** A value that was replaced; without one of the two it was added or removed. */
interface Replaced {
  readonly "-"?: JsonValue;
  readonly "+"?: JsonValue;
  /** Where a key that was removed was among its object's keys. */
  readonly at?: number;
}

/** Items of a list that were put in the place of others. */
interface Spliced {
  readonly from: number;
  readonly "-": readonly JsonValue[];
  readonly "+": readonly JsonValue[];
}

/** What changed in an object, by key. */
interface Within {
  readonly in: Readonly<Record<string, Delta>>;
  /** How the order of keys changed: from one index to another, pair after pair. */
  readonly moves?: readonly number[];
}

/** How one JSON value became another: enough to go forth and back, to the byte. */
export type Delta = Replaced | Spliced | Within;

/** More keys than these are not put in order one by one. */
const MAX_MOVED = 2000;

/**
 * How a value became another, as the JSON text of a delta; `undefined` if it is the same. Text, as it is stored: an object
 * would be made for each level of each write, only to be written as text.
 */
export const diff = (before: JsonValue, after: JsonValue): string | undefined => {
  if (before === after) return undefined;
  if (isJsonObject(before) && isJsonObject(after)) return diffObjects(before, after);
  if (Array.isArray(before) && Array.isArray(after)) return diffLists(before, after);
  return replaced(before, after);
};

const replaced = (before: JsonValue, after: JsonValue): string =>
  `{"-":${textOf(before)},"+":${textOf(after)}}`;

/** The value as JSON. */
const textOf = (value: JsonValue): string =>
  typeof value === "number" || typeof value === "boolean" ? String(value) : JSON.stringify(value);

const diffObjects = (before: JsonObject, after: JsonObject): string | undefined => {
  const [old, keys] = [Object.keys(before), Object.keys(after)];
  return isSameList(old, keys) ? diffValues(before, after, keys) : diffKeys(before, after, { old, keys });
};

const isSameList = (some: readonly string[], others: readonly string[]): boolean => {
  if (some.length !== others.length) return false;
  for (let index = 0; index < some.length; index += 1) if (some[index] !== others[index]) return false;
  return true;
};

/** The same keys in the same order, which is usual. */
const diffValues = (before: JsonObject, after: JsonObject, keys: readonly string[]): string | undefined => {
  let text = "";
  for (const key of keys) {
    const delta = diff(before[key] as JsonValue, after[key] as JsonValue);
    if (delta !== undefined) text += `${text && ","}${JSON.stringify(key)}:${delta}`;
  }
  return (text && `{"in":{${text}}}`) || undefined;
};

interface Keys {
  readonly old: readonly string[];
  readonly keys: readonly string[];
}

const diffKeys = (before: JsonObject, after: JsonObject, { old, keys }: Keys): string => {
  // In the order in which they are read again, which for keys like 10 is another.
  const within: Record<string, string> = {};
  for (const [at, key] of old.entries()) {
    const value = before[key] as JsonValue;
    if (!Object.hasOwn(after, key)) within[key] = `{"-":${JSON.stringify(value)},"at":${at}}`;
    else {
      const delta = diff(value, after[key] as JsonValue);
      if (delta !== undefined) within[key] = delta;
    }
  }
  for (const key of keys)
    if (!Object.hasOwn(before, key)) within[key] = `{"+":${JSON.stringify(after[key])}}`;
  const changed = Object.keys(within);
  const unmoved = [
    ...old.filter((key) => Object.hasOwn(after, key)),
    ...changed.filter((key) => !Object.hasOwn(before, key)),
  ];
  const isMoved = !isSameList(unmoved, keys);
  if (isMoved && keys.length > MAX_MOVED) return replaced(before, after);
  const moves = isMoved ? `,"moves":${JSON.stringify(movesOf(unmoved, keys))}` : "";
  return `{"in":{${changed.map((key) => `${JSON.stringify(key)}:${within[key]}`).join(",")}}${moves}}`;
};

const diffLists = (before: readonly JsonValue[], after: readonly JsonValue[]): string | undefined => {
  const isSame = (one: number, other: number): boolean =>
    diff(before[one] as JsonValue, after[other] as JsonValue) === undefined;
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && isSame(from, from)) from += 1;
  let behind = 0;
  while (behind < shorter - from && isSame(before.length - 1 - behind, after.length - 1 - behind))
    behind += 1;
  const [removed, added] = [before, after].map((list) => list.slice(from, list.length - behind));
  if (!removed?.length && !added?.length) return undefined;
  return `{"from":${from},"-":${JSON.stringify(removed)},"+":${JSON.stringify(added)}}`;
};

/**
 * What a delta makes of a value, forth to what it was made to (`+`) or back to what it was made from (`-`). `undefined`: the
 * value is not there, or nobody knows it.
 */
export const apply = (value: JsonValue | undefined, delta: Delta, side: Side): JsonValue | undefined => {
  if ("in" in delta) return isJsonObject(value) ? applyWithin(value, delta, side) : undefined;
  if (!("from" in delta)) return delta[side];
  if (!Array.isArray(value)) return undefined;
  const { from, [side]: put, [other(side)]: taken } = delta;
  return [...value.slice(0, from), ...put, ...value.slice(from + taken.length)];
};

const other = (side: Side): Side => (side === "+" ? "-" : "+");

const applyWithin = (value: JsonObject, { in: within, moves = [] }: Within, side: Side): JsonObject => {
  const old = Object.keys(value);
  const keys =
    side === "+" ? moveForth(forthUnmoved(old, within), moves) : backUnmoved(moveBack(old, moves), within);
  const result: JsonObject = {};
  for (const key of keys) {
    const delta = Object.hasOwn(within, key) ? within[key] : undefined;
    const next = delta ? apply(Object.hasOwn(value, key) ? value[key] : undefined, delta, side) : value[key];
    if (next !== undefined) result[key] = next;
  }
  return result;
};

const has = (within: Within["in"], key: string, side: Side): boolean => {
  const delta = Object.hasOwn(within, key) ? within[key] : undefined;
  return delta === undefined || "in" in delta || side in delta;
};

/** The keys after a change whose keys stayed in order: what is new is at the end. */
const forthUnmoved = (old: readonly string[], within: Within["in"]): string[] => [
  ...old.filter((key) => has(within, key, "+")),
  ...Object.keys(within).filter((key) => !has(within, key, "-")),
];

/** The keys before such a change: what was removed is where it was. */
const backUnmoved = (keys: readonly string[], within: Within["in"]): string[] => {
  const old = keys.filter((key) => has(within, key, "-"));
  const removed = Object.entries(within).flatMap(([key, delta]) =>
    "at" in delta && delta.at !== undefined ? [[delta.at, key] as const] : [],
  );
  for (const [at, key] of removed.sort(([a], [b]) => a - b)) old.splice(at, 0, key);
  return old;
};

const move = (keys: string[], from: number, to: number): void => {
  keys.splice(to, 0, ...keys.splice(from, 1));
};

const moveForth = (keys: string[], moves: readonly number[]): string[] => {
  for (let index = 0; index < moves.length; index += 2)
    move(keys, moves[index] as number, moves[index + 1] as number);
  return keys;
};

const moveBack = (keys: string[], moves: readonly number[]): string[] => {
  for (let index = moves.length - 2; index >= 0; index -= 2)
    move(keys, moves[index + 1] as number, moves[index] as number);
  return keys;
};

/** Few moves for what is usual, which is that a key goes to the end. */
const movesOf = (from: readonly string[], to: readonly string[]): number[] => {
  const keys = [...from];
  const moves: number[] = [];
  for (const [index, key] of to.entries()) {
    const there = keys[index] as string;
    if (there === key) continue;
    const pair: [number, number] =
      keys[index + 1] === key ? [index, to.indexOf(there)] : [keys.indexOf(key), index];
    move(keys, ...pair);
    moves.push(...pair);
  }
  return moves;
};
