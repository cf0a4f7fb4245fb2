import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { httpCases } from "@usermeta/conformance/http";
import { describe, expect, test } from "vitest";
import { bundleOf } from "./bundle.ts";
import { FRAMEWORKS, importsOfPackage } from "./house.ts";
import { importsOf, packageOf, packagesIn, publicExports, ROOT, shown, sourceFiles } from "./source.ts";

const packages = packagesIn("packages");
const MAX_CORE_BYTES = 25 * 1024;
/** What core loads when it is asked for. */
const LATER = ["./openapi.ts", "./history.ts", "./history-answers.ts"];

/** Packages that run no conformance suite of their own, each with its reason. */
const WITHOUT_SUITE: Readonly<Record<string, string>> = {
  conformance: "it is the suite",
  core: "every suite runs through it",
  client: "the browser's side mounts no routes",
  react: "the browser's side mounts no routes",
  supertokens: "sessions and a store for the adapters: its own tests and examples run them",
  node: "shared plumbing: every adapter above it runs the suite through it",
};

/** The packages that mount the routes in a framework. */
const adapterFolders = packages
  .map(({ folder }) => folder)
  .filter((folder) => !(folder in WITHOUT_SUITE) && !folder.startsWith("store-") && folder !== "server");

/** What several examples share is not an example itself. */
const examples = packagesIn("examples").filter(({ folder }) => !["style", "supertokens"].includes(folder));

describe("core", () => {
  const core = join(import.meta.dirname, "../packages/core");

  test("gzips to 25 KB at most, minified, without jose", async () => {
    const { bytes } = await bundleOf(core, ["jose", ...LATER.map((file) => file.replace("./", "*/"))]);
    console.log(`core gzips to ${bytes} bytes of ${MAX_CORE_BYTES}`);
    expect(bytes).toBeLessThanOrEqual(MAX_CORE_BYTES);
  });

  test("loads everything at once but the OpenAPI document and the history", () => {
    const later = sourceFiles(join(core, "src")).flatMap((file) => [
      ...readFileSync(file, "utf8").matchAll(/\bimport\("([^"]+)"\)/g),
    ]);
    expect(new Set(later.map(([, specifier]) => specifier))).toEqual(new Set(LATER));
  });
});

describe.each(packages)("$folder", ({ folder, path, manifest }) => {
  const imported = importsOfPackage(path);
  const importedPackages = new Set(imported.flatMap(({ specifier }) => packageOf(specifier) ?? []));
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });

  test("imports nothing that it does not declare", () => {
    const undeclared = imported.filter(({ specifier }) => {
      const name = packageOf(specifier);
      return (
        name !== undefined &&
        name !== manifest.name &&
        !declared.includes(name) &&
        !declared.includes(typesOf(name))
      );
    });
    expect(undeclared).toEqual([]);
  });

  test("declares nothing that it does not import", () => {
    const typed = new Set([...importedPackages].map(typesOf));
    if (imported.some(({ specifier }) => specifier.startsWith("node:"))) typed.add("@types/node");
    // A peer may be what the app hands over and we never import: its range says what was tested.
    const handed = (name: string) =>
      name in (manifest.peerDependencies ?? {}) &&
      (manifest.peerDependenciesMeta?.[name]?.optional === true || FRAMEWORKS[folder]?.test(name) === true);
    expect(
      declared.filter((name) => !importedPackages.has(name) && !typed.has(name) && !handed(name)),
    ).toEqual([]);
  });

  test.each(Object.entries(manifest.exports ?? {}))("documents every export of %s", (_, entry) => {
    const exported = publicExports(join(path, entry));
    expect(exported.length).toBeGreaterThan(0);
    const bare = exported.filter(({ doc }) => doc === undefined);
    expect(bare.map(({ name, file }) => `${name} in ${shown(file)}`)).toEqual([]);
  });

  test("has a README", () => {
    expect(existsSync(join(path, "README.md"))).toBe(true);
  });

  if (folder in WITHOUT_SUITE) return;

  test("runs the conformance suite", () => {
    const suites = sourceFiles(join(path, "test")).filter(
      (file) =>
        file.endsWith(".test.ts") &&
        importsOf(file).some((each) => packageOf(each) === "@usermeta/conformance"),
    );
    expect(suites).not.toEqual([]);
  });
});

describe("the size of adapters, without blank lines and comments", () => {
  const WIDE: Readonly<Record<string, number>> = { lambda: 210, nest: 200, next: 160 };
  const linesOf = (file: string): number =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => !/^\s*($|\/\/|\/\*|\*)/.test(line)).length;
  const sum = (files: readonly string[]): number => files.reduce((total, file) => total + linesOf(file), 0);
  const sources = (folder: string): readonly string[] => sourceFiles(join(ROOT, "packages", folder, "src"));
  const named = (folder: string, ...names: string[]): readonly string[] =>
    sources(folder).filter((file) => names.includes(basename(file)));

  test.each(adapterFolders)("%s is within its cap", (folder) => {
    expect(sum(sources(folder))).toBeLessThanOrEqual(WIDE[folder] ?? 150);
  });

  test("the median is 90 at most", () => {
    // What fetch and next's app router share is to them what the package node is to the others; next has two adapters.
    const split = [
      named("fetch", "index.ts"),
      named("next", "index.ts", "mount-point.ts"),
      named("next", "pages.ts"),
    ];
    const whole = adapterFolders.filter((folder) => folder !== "fetch" && folder !== "next").map(sources);
    const sizes = [...whole, ...split].map(sum).sort((a, b) => a - b);
    expect(sizes[sizes.length >> 1]).toBeLessThanOrEqual(90);
  });
});

describe("the README's table", () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  test("says how many cases there are", () => {
    expect(readme).toContain(`the same ${httpCases.length} cases over HTTP`);
  });

  test.each(adapterFolders)("has %s, with an example", (folder) => {
    const row = readme
      .split("\n")
      .find((line) => line.startsWith(`| [\`@usermeta/${folder}\`](packages/${folder})`));
    const examples = [...(row ?? "").matchAll(/\(examples\/([\w-]+)\)/g)].map(([, name = ""]) => name);
    expect(examples).not.toEqual([]);
    expect(examples.filter((name) => !existsSync(join(ROOT, "examples", name, "app.ts")))).toEqual([]);
  });

  test.each(examples)("has the example $folder", ({ folder }) => {
    expect(readme).toContain(`(examples/${folder})`);
  });
});

describe.each(examples)("example $folder", ({ path }) => {
  const files = sourceFiles(path);

  test("has a test", () => {
    expect(files.filter((file) => file.endsWith(".test.ts"))).not.toEqual([]);
  });

  test("exports buildApp", () => {
    const exported = files.filter((file) => !file.endsWith(".test.ts")).flatMap(publicExports);
    expect(exported.map(({ name }) => name)).toContain("buildApp");
  });
});

function typesOf(name: string): string {
  return `@types/${name.replace(/^@([^/]+)\//, "$1__")}`;
}
