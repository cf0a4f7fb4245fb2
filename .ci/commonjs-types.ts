/**
 * What `prepack` of every package runs behind `tsc -b`: writes the declarations once more, for TypeScript that compiles
 * to CommonJS (decision 0031). They stand in `dist/commonjs`, whose package.json says that they are CommonJS.
 */
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const TYPES_OF_JOSE = /^import (type )?\{([^}]*)\} from "jose";$/gm;

/** jose is a module of ECMAScript alone, which a declaration of CommonJS has to say where it takes types from it. */
const toCommonJs = (declarations: string): string =>
  declarations.replace(
    TYPES_OF_JOSE,
    (_line, _type, names: string) =>
      `import type {${names.replaceAll(/\btype /g, "")}} from "jose" with { "resolution-mode": "import" };`,
  );

function main(): void {
  const target = "dist/commonjs";
  rmSync(target, { recursive: true, force: true });
  for (const file of globSync("**/*.d.ts", { cwd: "dist" })) {
    cpSync(join("dist", file), join(target, file));
    writeFileSync(join(target, file), toCommonJs(readFileSync(join(target, file), "utf8")));
  }
  writeFileSync(join(target, "package.json"), `${JSON.stringify({ type: "commonjs" })}\n`);
}

main();
