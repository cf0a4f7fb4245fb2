import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Examples, openExamples } from "./run-example.ts";
import { packagesIn, publicExports, shown, sourceFiles } from "./source.ts";

const packages = packagesIn("packages").filter(({ manifest }) => !manifest.private);
const EXAMPLE = /^ *\* @example\n((?: *\*.*\n)*?) *\* ```\n/gm;

/** The examples in a file's TSDoc, each as the module that a user would copy. */
const examplesIn = (file: string): readonly string[] =>
  [...readFileSync(file, "utf8").matchAll(EXAMPLE)].map(([, block = ""]) =>
    block
      .split("\n")
      .map((line) => line.replace(/^ *\* ?/, ""))
      .filter((line) => !line.startsWith("```"))
      .join("\n"),
  );

const found = packages.flatMap(({ folder, path }) =>
  sourceFiles(join(path, "src")).flatMap((file) =>
    examplesIn(file).map((code, index) => {
      const place = relative(join(path, "src"), file)
        .replace(/\.tsx?$/, "")
        .replaceAll("/", "-");
      return {
        title: `${shown(file)} example ${index + 1}`,
        name: `${folder}-${place}-${index + 1}.ts`,
        code,
      };
    }),
  ),
);

let examples: Examples;
beforeAll(async () => {
  examples = await openExamples(".tsdoc");
});
afterAll(() => examples?.close());

test.each(packages)("every public function of $folder has an example", ({ path, manifest }) => {
  const entries = Object.values(manifest.exports ?? {}).filter((entry) => /\.tsx?$/.test(entry));
  const bare = entries
    .flatMap((entry) => publicExports(join(path, entry)))
    .filter(({ isFunction, doc }) => isFunction && !doc?.includes("@example"))
    .map(({ name, file }) => `${shown(file)}: ${name}`);
  expect([...new Set(bare)]).toEqual([]);
});

describe("TSDoc", () => {
  test("every example compiles", async () => {
    expect(await examples.compile(found)).toEqual([]);
  });

  test.each(found)("$title runs", ({ name, code }) => examples.run(name, code));
});
