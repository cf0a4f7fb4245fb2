import assert from "node:assert/strict";
import { documentOf, readAll, type StoreCase, swap } from "./store-case.ts";

/** A case that says that each of these ids is a user of its own, for reads, updates and deletes. */
const different = (name: string, ...ids: string[]): StoreCase => ({
  name: `takes ids ${name} for different users`,
  run: async ({ store }) => {
    for (const [index, userId] of ids.entries())
      assert.equal(await swap(store, userId, 0, documentOf(index + 1)), true, JSON.stringify(userId));
    const versions = (await readAll(store, ids)).map((document) => document?.version);
    assert.deepEqual(
      versions,
      ids.map((_, index) => index + 1),
    );
    assert.deepEqual(await store.write([{ userId: ids[0] ?? "", expected: 1, next: null }]), [true]);
    assert.equal((await store.read(ids)).filter(Boolean).length, ids.length - 1);
  },
});

/** A user id is an opaque string. The engine refuses one that is empty or has control characters before a store sees it. */
export const USER_IDS: readonly StoreCase[] = [
  different("that differ in case", "ada", "Ada", "ADA", "ıstanbul", "istanbul", "straße", "strasse"),
  different("that differ in white space", "ada", "ada ", " ada", "ada  ", "ada\u00a0"),
  different(
    "that differ in Unicode's normal form",
    "\u00e9ve",
    "e\u0301ve",
    "\ufb01",
    "fi",
    "\u212b",
    "\u00c5",
  ),
  different("that differ in a diacritic", "Jose", "José", "jose\u0301"),
  different("that look like the same number", "1", "01", "1.0", "1e0", "+1", " 1"),
  different("that are e-mail addresses", "ada@example.com", "Ada@example.com", "ada+tag@example.com", "a@b"),
  different(
    "with quotes, backslashes and escapes",
    "o'hara",
    'o"hara',
    "o\\hara",
    "o''hara",
    "o\\'hara",
    "o%27hara",
  ),
  different(
    "that look like SQL",
    "' OR '1'='1",
    "x'; DROP TABLE usermeta_documents; --",
    "?1",
    ":id",
    "NULL",
    "%",
    "_",
  ),
  different("that look like keys of a cache", "a:b", "a/b", "a|b", "../a", "a.b", "*", "{a}", "a#b"),
  different("that objects inherit", "__proto__", "constructor", "toString", "hasOwnProperty"),
  different("of every script", "用户", "пользователь", "مستخدم", "👩‍👧", "👩", "𝒳"),
  different("of 255 characters", "a".repeat(255), `${"a".repeat(254)}b`, "a".repeat(254)),
  different("of 255 characters of four bytes each", "👩".repeat(255), `${"👩".repeat(254)}👨`),
];
