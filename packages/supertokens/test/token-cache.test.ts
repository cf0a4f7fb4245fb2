import { expect, test } from "vitest";
import { createTokenCache } from "../src/token-cache.ts";

/** 8 MiB of tokens of 4 KB are 2,048; their ends, by which they are looked for, differ. */
const KEPT = 2048;
const tokenOf = (index: number): string => String(index).padStart(4096, "a");
const known = { expiresAt: Date.now() + 3_600_000 };

test("8 MiB are kept, and what was asked for least recently goes first", () => {
  const cache = createTokenCache();
  for (let index = 0; index < KEPT; index += 1) cache.set(tokenOf(index), known);
  expect(cache.get(tokenOf(0))).toBe(known);
  cache.set(tokenOf(KEPT), known);
  expect(cache.get(tokenOf(0))).toBe(known);
  expect(cache.get(tokenOf(1))).toBeUndefined();
  expect(cache.get(tokenOf(2))).toBe(known);
  expect(cache.get(tokenOf(KEPT))).toBe(known);
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
