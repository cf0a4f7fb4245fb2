import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../source.ts";
import { SDKS, sdkTable } from "./sdks.ts";

test("docs/dialects.md has the table of the SDKs that are run, and no more", () => {
  const page = readFileSync(join(ROOT, "docs/dialects.md"), "utf8");
  const start = page.indexOf("| SDK |");
  expect(page.slice(start, page.indexOf("\n\n", start))).toBe(sdkTable());
});

test.each([...new Set(SDKS.map(({ language }) => language))])("%s has a test file", (language) => {
  expect(existsSync(join(import.meta.dirname, `${language.toLowerCase()}.test.ts`))).toBe(true);
});
