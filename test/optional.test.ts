/** An app under `exactOptionalPropertyTypes` may pass `undefined` for every option that it may leave out. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync, Visitor } from "oxc-parser";
import { expect, test } from "vitest";
import { ROOT, shown, sourceFiles } from "./source.ts";

/** What an app passes, by the last word of its type. */
const PASSED = /(Options|Update|Replacement|ServerConfig|Settings|Props|Rules|Keys)$/;

const isOpen = (type: { readonly type: string; readonly types?: readonly { readonly type: string }[] }) =>
  [type, ...(type.types ?? [])].some(({ type: kind }) => /^TS(Undefined|Unknown)Keyword$/.test(kind));

/** The optional properties of a file's option types that refuse `undefined`, each as `Type.property`. */
function strictIn(file: string): readonly string[] {
  const text = readFileSync(file, "utf8");
  const found: string[] = [];
  let within = "";
  const enter = ({ id }: { readonly id: { readonly name: string } }): void => {
    within = id.name;
  };
  new Visitor({
    TSInterfaceDeclaration: enter,
    TSTypeAliasDeclaration: enter,
    TSPropertySignature({ optional, key, typeAnnotation }) {
      if (optional && PASSED.test(within) && typeAnnotation && !isOpen(typeAnnotation.typeAnnotation))
        found.push(`${shown(file)} ${within}.${text.slice(key.start, key.end)}`);
    },
  }).visit(parseSync(file, text).program);
  return found;
}

test("every option that may be left out may be undefined", () => {
  const files = sourceFiles(join(ROOT, "packages")).filter((file) => /\/src\//.test(file));
  expect(files.length).toBeGreaterThan(100);
  expect(files.flatMap(strictIn)).toEqual([]);
});
