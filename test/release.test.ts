import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inOrder, refusal } from "../.ci/release.ts";
import { toEntry, withEntry } from "../.ci/version.ts";
import { BUILD_MS, PUBLISHED, run } from "./packed.ts";
import { ROOT } from "./source.ts";

const version: string = JSON.parse(readFileSync(join(ROOT, "packages/core/package.json"), "utf8")).version;

test(
  "a dry run packs and checks every package, and publishes none",
  async () => {
    const output = await run(process.execPath, [".ci/release.ts", "--dry-run"], ROOT);
    const lines = output.trim().split("\n");
    const published = lines.filter((line) => line.startsWith("would publish "));
    expect(published.sort()).toEqual(
      PUBLISHED.map(({ manifest }) => `would publish ${manifest.name} ${version}`).sort(),
    );
  },
  2 * BUILD_MS,
);

describe("a release", () => {
  test("is made from main, with everything committed", () => {
    expect(refusal("", "main")).toBeUndefined();
    expect(refusal("", "fix")).toContain("The branch is fix.");
    expect(refusal(" M README.md", "main")).toContain("README.md");
  });

  test("publishes a package after those that it depends on", () => {
    const order = inOrder(PUBLISHED.toReversed()).map(({ folder }) => folder);
    expect(order).toHaveLength(PUBLISHED.length);
    expect(order[0]).toBe("core");
    expect(order.indexOf("express")).toBeGreaterThan(order.indexOf("node"));
    expect(order.indexOf("server")).toBeGreaterThan(order.indexOf("store-postgres"));
  });
});

describe("the changelog", () => {
  test("has an entry for the version of the packages", () => {
    expect(readFileSync(join(ROOT, "CHANGELOG.md"), "utf8")).toMatch(new RegExp(`^## ${version}`, "m"));
  });

  test("gets an entry above the last one, what breaks first", () => {
    const entry = toEntry("0.2.0", "2027-01-31", [
      { kind: "patch", summary: "A mended fault." },
      { kind: "minor", summary: "A new option.\n" },
    ]);
    expect(withEntry("# Changelog\n\n## 0.1.0\n\nThe first.\n", entry)).toBe(
      `# Changelog

## 0.2.0 (2027-01-31)

### Changed

A new option.

### Fixed

A mended fault.

## 0.1.0

The first.
`,
    );
  });
});
