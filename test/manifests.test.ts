import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { importsOf, packagesIn, sourceFiles } from "./source.ts";

const REPOSITORY = "https://github.com/usermeta/usermeta";
const ORDER =
  `name version private description keywords homepage bugs repository license type sideEffects engines bin
  files exports unpkg jsdelivr publishConfig scripts dependencies peerDependencies peerDependenciesMeta devDependencies`.split(
    /\s+/,
  );

const packages = packagesIn("packages").map(({ folder, path }) => ({
  folder,
  path,
  manifest: JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as Record<string, unknown>,
}));

test("all packages have one version", () => {
  expect(new Set(packages.map(({ manifest }) => manifest.version)).size).toBe(1);
});

describe.each(packages)("$folder", ({ folder, path, manifest }) => {
  test("says where it comes from, and where to report a bug", () => {
    expect(manifest).toMatchObject({
      name: `@usermeta/${folder}`,
      license: "Apache-2.0",
      homepage: `${REPOSITORY}/tree/main/packages/${folder}#readme`,
      bugs: `${REPOSITORY}/issues`,
      repository: { type: "git", url: `git+${REPOSITORY}.git`, directory: `packages/${folder}` },
      engines: { node: ">=22.13" },
    });
  });

  test("can be found by its description and keywords", () => {
    const { description, keywords } = manifest as { description: string; keywords: readonly string[] };
    expect(description).toMatch(/^[A-Z].{20,150}\.$/);
    expect(keywords.slice(0, 2)).toEqual(["usermeta", "user-metadata"]);
    expect(keywords.length).toBeGreaterThanOrEqual(5);
    expect(keywords).toEqual([...new Set(keywords)]);
    expect(keywords.filter((keyword) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(keyword))).toEqual([]);
  });

  test("names the files that do something when they are imported", () => {
    const files = sourceFiles(join(path, "src"));
    // An import without a name is made for its effect.
    const effects = files.filter((file) => /^import "/m.test(readFileSync(file, "utf8")));
    expect(effects).toEqual([]);
    const commands = Object.values((manifest.publishConfig as { bin?: Record<string, string> }).bin ?? {});
    expect(manifest.sideEffects).toEqual(commands.length > 0 ? commands : false);
    for (const file of files) expect(importsOf(file)).not.toContain("reflect-metadata");
  });

  test("has a licence, and its fields in the order of the others", () => {
    expect(existsSync(join(path, "LICENSE")) || existsSync(join(path, "../../LICENSE"))).toBe(true);
    const names = Object.keys(manifest);
    expect(names).toEqual(ORDER.filter((name) => names.includes(name)));
  });
});
