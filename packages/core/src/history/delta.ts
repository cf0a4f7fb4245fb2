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

/** How a value became another; `undefined` if it is the same. */
export const diff = (before: JsonValue, after: JsonValue): Delta | undefined => {
  if (before === after) return undefined;
  if (isJsonObject(before) && isJsonObject(after)) return diffObjects(before, after);
  if (Array.isArray(before) && Array.isArray(after)) return diffLists(before, after);
  return { "-": before, "+": after };
};

const diffObjects = (before: JsonObject, after: JsonObject): Delta | undefined => {
  const within: Record<string, Delta> = {};
  let isSame = true;
  const put = (key: string, delta: Delta | undefined): void => {
    if (delta === undefined) return;
    within[key] = delta;
    isSame = false;
  };
  const old = Object.keys(before);
  for (const [at, key] of old.entries()) {
    const value = before[key] as JsonValue;
    put(key, Object.hasOwn(after, key) ? diff(value, after[key] as JsonValue) : { "-": value, at });
  }
  const keys = Object.keys(after);
  for (const key of keys) if (!Object.hasOwn(before, key)) put(key, { "+": after[key] as JsonValue });
  const unmoved = forthUnmoved(old, within);
  if (unmoved.every((key, index) => key === keys[index])) return isSame ? undefined : { in: within };
  if (keys.length > MAX_MOVED) return { "-": before, "+": after };
  return { in: within, moves: movesOf(unmoved, keys) };
};

const diffLists = (before: readonly JsonValue[], after: readonly JsonValue[]): Delta | undefined => {
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
  return { from, "-": removed ?? [], "+": added ?? [] };
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
