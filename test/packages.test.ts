import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { installed, PUBLISHED, packAll, run } from "./packed.ts";
import { ROOT } from "./source.ts";

let all: Awaited<ReturnType<typeof packAll>>;

beforeAll(async () => {
  all = await packAll();
});
afterAll(() => all?.remove());

describe.each(PUBLISHED)("$folder as it would be published", ({ folder }) => {
  const tarball = () => all.packed.find((each) => each.folder === folder)?.tarball ?? "";

  test("publint finds nothing", async () => {
    const output = await run(installed("publint", "test"), ["run", tarball(), "--strict"], ROOT);
    expect(output).toContain("All good!");
  });

  test("its types resolve (attw, ESM only)", async () => {
    await run(installed("attw", "test"), [tarball(), "--profile", "esm-only", "--no-emoji"], ROOT);
  });

  test("holds the build, and neither sources nor tests", async () => {
    const files = (await run("tar", ["-tzf", tarball()], ROOT)).trim().split("\n");
    expect(files).toContain("package/dist/index.js");
    expect(files).toContain("package/dist/index.d.ts");
    const meant = /^package\/(package\.json|README\.md|LICENSE|dist\/.+\.(js|d\.ts))$/;
    expect(files.filter((file) => !meant.test(file))).toEqual([]);
  });
});
