import { expect, test } from "vitest";
import { createTokenCache } from "../src/index.ts";

/** 8 MiB of tokens of 4 KB are 2,048; their ends, by which they are looked for, differ. */
const KEPT = 2048;
const tokenOf = (index: number): string => String(index).padStart(4096, "a");
const known = { expiresAt: Date.now() + 3_600_000 };

test("8 MiB are kept, and what came first goes first", () => {
  const cache = createTokenCache();
  for (let index = 0; index <= KEPT; index += 1) cache.set(tokenOf(index), known);
  expect(cache.get(tokenOf(0))).toBeUndefined();
  for (const index of [1, 2, KEPT]) expect(cache.get(tokenOf(index))).toBe(known);
});

test("what has expired is gone, and so is a token with the same end", () => {
  const cache = createTokenCache();
  cache.set(tokenOf(1), { expiresAt: Date.now() - 1 });
  expect(cache.get(tokenOf(1))).toBeUndefined();
  cache.set(tokenOf(2), known);
  expect(cache.get(`b${tokenOf(2).slice(1)}`)).toBeUndefined();
});

test("a token that is set again counts once", () => {
  const cache = createTokenCache();
  for (let index = 0; index < KEPT; index += 1) cache.set(tokenOf(1), known);
  for (let index = 2; index <= KEPT; index += 1) cache.set(tokenOf(index), known);
  expect(cache.get(tokenOf(1))).toBe(known);
});

test("a token of more than 4,096 bytes is not kept", () => {
  const cache = createTokenCache();
  cache.set(`${tokenOf(1)}a`, known);
  expect(cache.get(`${tokenOf(1)}a`)).toBeUndefined();
});
