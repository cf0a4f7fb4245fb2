import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkTarball, PUBLISHED, packAll, run } from "./packed.ts";
import { ROOT } from "./source.ts";

let all: Awaited<ReturnType<typeof packAll>>;

beforeAll(async () => {
  all = await packAll();
});
afterAll(() => all?.remove());

describe.each(PUBLISHED)("$folder as it would be published", ({ folder }) => {
  const tarball = () => all.packed.find((each) => each.folder === folder)?.tarball ?? "";

  test("publint and attw (ESM only) find nothing", () => checkTarball(tarball()));

  test("holds the build, and neither sources nor tests", async () => {
    const files = (await run("tar", ["-tzf", tarball()], ROOT)).trim().split("\n");
    expect(files).toContain("package/dist/index.js");
    expect(files).toContain("package/dist/index.d.ts");
    const meant = /^package\/(package\.json|README\.md|LICENSE|dist\/.+\.(js|d\.ts))$/;
    expect(files.filter((file) => !meant.test(file))).toEqual([]);
  });
});
