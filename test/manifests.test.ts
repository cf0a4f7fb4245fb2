import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { importsOf, packagesIn, ROOT, sourceFiles } from "./source.ts";

const REPOSITORY = "https://github.com/usermeta/usermeta";
const ORDER =
  `name version private description keywords homepage bugs repository license type sideEffects engines bin
  files main types typesVersions exports unpkg jsdelivr publishConfig scripts dependencies peerDependencies peerDependenciesMeta devDependencies`.split(
    /\s+/,
  );

const packages = packagesIn("packages").map(({ folder, path }) => ({
  folder,
  path,
  manifest: JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as Record<string, unknown>,
}));

interface Published {
  readonly main: string;
  readonly types: string;
  readonly typesVersions?: { readonly "*": Readonly<Record<string, readonly string[]>> };
  readonly scripts: { readonly prepack: string };
  readonly publishConfig: {
    readonly exports: Readonly<
      Record<
        string,
        { readonly types: { readonly require: string; readonly default: string }; readonly default: string }
      >
    >;
  };
}

test("the README and CONTRIBUTING say the same Node as the packages", () => {
  for (const page of ["README.md", "CONTRIBUTING.md"]) {
    const text = readFileSync(join(ROOT, page), "utf8");
    const versions = [...text.matchAll(/Node (\d[\d.]*) or later/g)].map(([, version]) => version);
    expect(versions.length).toBeGreaterThan(0);
    expect(new Set(versions)).toEqual(new Set(["22.13"]));
  }
});

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

  test("says beside the command to install it which Node it needs", () => {
    const [, install = ""] =
      /^## Install\n([\s\S]*?)^## /m.exec(readFileSync(join(path, "README.md"), "utf8")) ?? [];
    expect(install).toContain("Node 22.13 or later");
  });

  test("is found by every way to resolve modules, and is built before it is packed", () => {
    const { publishConfig, main, types, typesVersions, scripts } = manifest as unknown as Published;
    const found = Object.entries(publishConfig.exports).map(
      ([name, target]) => [name.slice(2), target] as const,
    );
    for (const [, target] of found)
      expect(target.types.require).toBe(target.types.default.replace("./dist/", "./dist/commonjs/"));
    const [[, root] = [], ...others] = found;
    expect([main, types]).toEqual([root?.default, root?.types.default]);
    const subpaths = Object.fromEntries(others.map(([name, target]) => [name, [target.types.default]]));
    expect(typesVersions?.["*"] ?? {}).toEqual(subpaths);
    expect(scripts.prepack).toMatch(/^tsc -b && node \.\.\/\.\.\/\.ci\/commonjs-types\.ts\b/);
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
