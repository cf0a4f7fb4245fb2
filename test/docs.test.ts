import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { packagesIn, ROOT } from "./source.ts";

const PAGES = globSync(["*.md", "docs/**/*.md", "packages/*/README.md", "examples/*/README.md"], {
  cwd: ROOT,
}).sort();

/** The paths that a page links to, without those of other sites and of the page itself. */
const linksIn = (page: string): readonly string[] =>
  [...readFileSync(join(ROOT, page), "utf8").matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));

test.each(PAGES)("%s links to files that exist", (page) => {
  const missing = linksIn(page).filter((target) => !existsSync(join(ROOT, dirname(page), target)));
  expect(missing).toEqual([]);
});

test("docs/architecture.md names every room of core, and every package but the private ones", () => {
  const page = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");
  const rooms = globSync("*", { cwd: join(ROOT, "packages/core/src") }).map((name) =>
    name.replace(/\.ts$/, ""),
  );
  const packages = packagesIn("packages").filter(({ manifest }) => !manifest.private);
  const names = [...rooms, ...packages.map(({ folder }) => folder)];
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([]);
});
