import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT, shown, sourceFiles } from "./source.ts";
import { hardWordsIn, hardWordsInSource, longLinesIn } from "./words.ts";

const PAGES = globSync(
  ["*.md", ".github/**/*.md", "docs/**/*.md", "packages/*/README.md", "examples/*/README.md"],
  {
    cwd: ROOT,
  },
).sort();
const SOURCES = ["packages", "examples", "test"].flatMap((folder) => sourceFiles(join(ROOT, folder)));
/** They have the words in order to find them. */
const RULES = ["test/words.ts", "test/words.test.ts"];

test("pages are in words that one reads once", () => {
  const found = PAGES.flatMap((page) =>
    hardWordsIn(readFileSync(join(ROOT, page), "utf8")).map(
      ({ line, words, instead }) => `${page}:${line} "${words}": ${instead}`,
    ),
  );
  expect(found).toEqual([]);
});

test("comments and messages are in words that one reads once", () => {
  const found = SOURCES.filter((file) => !RULES.includes(shown(file))).flatMap((file) =>
    hardWordsInSource(file).map(
      ({ line, words, instead }) => `${shown(file)}:${line} "${words}": ${instead}`,
    ),
  );
  expect(found).toEqual([]);
});

test("lines of pages wrap at 120", () => {
  // What a tool writes is as it writes it.
  const pages = PAGES.filter((page) => page !== "CHANGELOG.md");
  const found = pages.flatMap((page) =>
    longLinesIn(readFileSync(join(ROOT, page), "utf8")).map((line) => `${page}:${line}`),
  );
  expect(found).toEqual([]);
});

describe("the lint", () => {
  test.each([
    'The user id "" is none.',
    "jane is no user id.",
    "The JWKS cannot be had.",
    "`undefined` where nothing is stored.",
    "A default, where the\n * store has no search: where it has none.",
    "Half as dear again.",
    "It reads nothing but headers.",
  ])("finds %j", (text) => {
    expect(hardWordsIn(text)).not.toEqual([]);
  });

  test.each([
    '"" is not a valid user id.',
    "There is no session.",
    "It is no longer there.",
    "The folder where the tests are.",
    "`WHERE user_id = ?`",
  ])("leaves %j", (text) => {
    expect(hardWordsIn(text)).toEqual([]);
  });

  test("finds lines of a page that are too long, but not of its tables and code", () => {
    const long = "word ".repeat(30);
    expect(longLinesIn(`short\n${long}\n| ${long} |\n\`\`\`sh\n${long}\n\`\`\`\n`)).toEqual([2]);
  });
});
