import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ERROR_CODES } from "@usermeta/core";
import { expect, test } from "vitest";
import { packagesIn, ROOT, sourceFiles } from "./source.ts";

const ROW = /^\| `(?<code>[a-z_]+)` \| (?<status>\d{3}) \| (?<happened>[^|]+) \| (?<next>[^|]+) \|$/gm;

const documented = [...readFileSync(join(ROOT, "docs/errors.md"), "utf8").matchAll(ROW)].map(
  ({ groups }) => [groups?.code, Number(groups?.status)] as const,
);

test("docs/errors.md has each code once, in alphabetical order, with its status, and no other", () => {
  expect(documented).toEqual(Object.entries(ERROR_CODES).sort(([a], [b]) => (a < b ? -1 : 1)));
});

const sources = packagesIn("packages")
  .filter(({ folder }) => folder !== "conformance")
  .flatMap(({ path }) => sourceFiles(join(path, "src")))
  .filter((file) => file !== join(ROOT, "packages/core/src/errors.ts"))
  .map((file) => readFileSync(file, "utf8"));

test.each(Object.keys(ERROR_CODES))("%s is given somewhere", (code) => {
  expect(sources.some((text) => text.includes(`"${code}"`))).toBe(true);
});
