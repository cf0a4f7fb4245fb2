import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  circlesIn,
  climbingIn,
  forbiddenIn,
  type Imports,
  importsOfPackage,
  importsWithin,
} from "./house.ts";
import { importsOf, packagesIn, sourceFiles } from "./source.ts";

/** The rooms of the packages that have rooms, from the ground up, as in docs/architecture.md. */
const FLOORS = {
  core: [
    ["errors.ts"],
    ["document", "transport"],
    ["tokens", "storing"],
    ["sessions", "history"],
    ["engine.ts"],
    ["http"],
    ["dialects", "options.ts"],
    ["history-methods.ts"],
    ["user-metadata.ts"],
    ["index.ts", "for-stores.ts"],
  ],
  server: [["config"], ["serving", "transfer"], ["commands"], ["cli.ts", "index.ts"], ["main.ts"]],
} as const;

const graphOf = (path: string): Imports => {
  const src = join(path, "src");
  return importsWithin(src, sourceFiles(src), importsOf);
};
const packages = packagesIn("packages").map(({ folder, path }) => ({ folder, path, imports: graphOf(path) }));
const importsIn = (name: string): Imports =>
  packages.find(({ folder }) => folder === name)?.imports ?? new Map();
const core = importsIn("core");

test.each(packages)("no circle in $folder, types included", ({ imports }) => {
  expect(circlesIn(imports)).toEqual([]);
});

test.each(packages)("$folder imports only what it may", ({ folder, path }) => {
  expect(forbiddenIn(folder, importsOfPackage(path))).toEqual([]);
});

test.each(Object.entries(FLOORS))("no import between the rooms of %s goes up", (name, floors) => {
  expect(climbingIn(importsIn(name), floors)).toEqual([]);
});

test("no dialect imports another", () => {
  const dialectOf = (file: string): string | undefined => /^dialects\/([^/]+)\//.exec(file)?.[1];
  const foreign = [...core].flatMap(([file, targets]) =>
    targets
      .filter((target: string) => dialectOf(target) !== undefined && dialectOf(file) !== undefined)
      .filter((target: string) => dialectOf(target) !== dialectOf(file))
      .map((target: string) => `${file} -> ${target}`),
  );
  expect(foreign).toEqual([]);
});

describe("a seeded fault is found, and the arrow is named", () => {
  const seeded = (file: string, target: string): Imports =>
    new Map([...core, [file, [...(core.get(file) ?? []), target]]]);

  test("a circle", () => {
    const imports = seeded("document/json.ts", "document/merge.ts");
    expect(circlesIn(imports)).toContainEqual(
      expect.stringMatching(/document\/json\.ts -> document\/merge\.ts|merge\.ts -> document\/json\.ts/),
    );
  });

  test("an import that goes up", () => {
    const imports = seeded("document/guard.ts", "tokens/claims.ts");
    expect(climbingIn(imports, FLOORS.core)).toEqual(["document/guard.ts -> tokens/claims.ts"]);
  });

  test.each([
    ["core", "node:fs"],
    ["core", "@usermeta/node"],
    ["koa", "express"],
    ["store-sqlite", "@usermeta/store-postgres"],
    ["express", "../../core/src/errors.ts"],
  ])("an import that %s may not have: %s", (folder, specifier) => {
    const file = `packages/${folder}/src/index.ts`;
    expect(forbiddenIn(folder, [{ file, specifier }])).toEqual([`${file} -> ${specifier}`]);
  });

  test("a room that nobody has placed", () => {
    const imports = seeded("helpers/text.ts", "errors.ts");
    expect(() => climbingIn(imports, FLOORS.core)).toThrow(
      "helpers/text.ts is in a room that has no floor: helpers",
    );
  });
});
