import { describe, expect, test } from "vitest";
import { apply, diff } from "../src/history/delta.ts";
import type { JsonValue } from "../src/index.ts";

const KEYS = ["b", "a", "10", "9", "c d", "é", "constructor", "in", "from", "-", "+", "at", "moves"];

/** Numbers that follow from a seed (mulberry32). */
const randomFrom = (seed: number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
};

const makerOf = (random: () => number) => {
  const int = (below: number): number => Math.floor(random() * below);
  const value = (depth: number): JsonValue => {
    const kind = int(depth === 0 ? 4 : 8);
    if (kind < 4) return [null, true, int(3), "text"][kind] as JsonValue;
    if (kind < 6) return Array.from({ length: int(5) }, () => value(depth - 1));
    return object(depth - 1);
  };
  const object = (depth: number): { [key: string]: JsonValue } =>
    Object.fromEntries(Array.from({ length: int(7) }, () => [KEYS[int(KEYS.length)], value(depth)]));
  return object;
};

const there = (before: JsonValue, after: JsonValue) => JSON.parse(diff(before, after) ?? "null");

test("a delta makes either value of the other, to the byte", () => {
  const random = randomFrom(1);
  const object = makerOf(random);
  for (let round = 0; round < 5000; round += 1) {
    const before = object(3);
    // Half of them are like each other.
    const after = random() < 0.5 ? object(3) : { ...before, ...object(2) };
    if (JSON.stringify(before) === JSON.stringify(after)) {
      expect(diff(before, after)).toBeUndefined();
      continue;
    }
    const delta = there(before, after);
    expect(JSON.stringify(apply(before, delta, "+"))).toBe(JSON.stringify(after));
    expect(JSON.stringify(apply(after, delta, "-"))).toBe(JSON.stringify(before));
  }
});

describe("a delta is small", () => {
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`key${index}`, index]));
  const without = (key: string) => Object.fromEntries(Object.entries(many).filter(([name]) => name !== key));

  test.each([
    ["one key changes", { ...many, key7: "x" }, 60],
    ["one key goes", without("key7"), 60],
    ["one key comes", { ...many, more: 1 }, 60],
    ["one key changes and goes to the end, as in a shallow merge", { ...without("key7"), key7: "x" }, 60],
    ["a key is the first", { first: 1, ...many }, 60],
  ])("%s of 200", (_, after, most) => {
    expect(diff(many, after)?.length).toBeLessThan(most);
  });

  test("an item comes, goes, or changes in a list of 200", () => {
    const list = Array.from({ length: 200 }, (_, index) => ({ index }));
    for (const after of [
      list.toSpliced(9, 0, { index: -1 }),
      list.toSpliced(9, 1),
      list.with(9, { index: -1 }),
    ])
      expect(diff(list, after)?.length).toBeLessThan(60);
  });
});

test("keys in another order are a change; of very many both values are kept", () => {
  expect(there({ a: 1, b: 2 }, { b: 2, a: 1 })).toEqual({ in: {}, moves: [0, 1] });
  const keys = Array.from({ length: 5000 }, (_, index) => `k${index}`);
  const of = (names: string[]) => Object.fromEntries(names.map((name) => [name, 1]));
  const [before, after] = [of(keys), of(keys.toReversed())];
  expect(there(before, after)).toEqual({ "-": before, "+": after });
});

test("of a value that is not the one that changed nothing is made", () => {
  expect(apply(undefined, { in: { a: { "+": 1 } } }, "+")).toBeUndefined();
  expect(apply(5, { from: 0, "-": [], "+": [1] }, "+")).toBeUndefined();
});
