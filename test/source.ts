/** What the tests across packages read of the workspace: its packages, what each imports, what each exports. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { type ExportImportName, parseSync } from "oxc-parser";

/** The parts of a package.json that the tests look at. */
export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string>>;
  readonly publishConfig?: { readonly bin?: Readonly<Record<string, string>> };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** A folder below `packages/` or `examples/` that has a package.json. */
export interface Package {
  readonly folder: string;
  readonly path: string;
  readonly manifest: Manifest;
}

/** The repository's top folder. */
export const ROOT = join(import.meta.dirname, "..");

/** Every package in `packages/` or `examples/`, in alphabetical order. */
export function packagesIn(parent: "packages" | "examples"): readonly Package[] {
  return globSync(`${parent}/*/package.json`, { cwd: ROOT })
    .sort()
    .map((file) => {
      const path = join(ROOT, dirname(file));
      return { folder: basename(path), path, manifest: JSON.parse(readFileSync(join(ROOT, file), "utf8")) };
    });
}

/** The TypeScript files below a folder, with their full paths. */
export function sourceFiles(folder: string): readonly string[] {
  return globSync("**/*.{ts,tsx}", {
    cwd: folder,
    exclude: (name) => name === "node_modules" || name === "dist",
  })
    .sort()
    .map((file) => join(folder, file));
}

/** A path as the test's messages show it. */
export function shown(file: string): string {
  return relative(ROOT, file);
}

function parse(file: string) {
  const text = readFileSync(file, "utf8");
  const { program, module, comments, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${shown(file)} does not parse: ${errors[0]?.message}`);
  return { text, program, module, comments };
}

/** What a file imports or re-exports from, types and `import()` of a literal included, each specifier once. */
export function importsOf(file: string): readonly string[] {
  const { text, module } = parse(file);
  const specifiers = new Set<string>();
  for (const { moduleRequest } of module.staticImports) specifiers.add(moduleRequest.value);
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest } of entries) if (moduleRequest) specifiers.add(moduleRequest.value);
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^["'](.+)["']$/.exec(text.slice(moduleRequest.start, moduleRequest.end));
    if (literal?.[1]) specifiers.add(literal[1]);
  }
  for (const [, specifier] of text.matchAll(/\bimport\("([^"]+)"\)\./g))
    if (specifier) specifiers.add(specifier);
  return [...specifiers];
}

/** The package that a specifier names; undefined for a relative path and for Node's own modules. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith(".") || specifier.startsWith("node:")) return undefined;
  return /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0];
}

/** One name that a module makes public. */
export interface PublicExport {
  readonly name: string;
  readonly file: string;
  /** The TSDoc block right above its declaration. */
  readonly doc: string | undefined;
  readonly isFunction: boolean;
}

/** Every name that an entry file exports, followed through this package's own files to its declaration. */
export function publicExports(file: string): readonly PublicExport[] {
  const { text, program, module, comments } = parse(file);
  const docAbove = (statement: Statement | undefined): string | undefined =>
    comments.find(
      ({ type, value, end }) =>
        type === "Block" &&
        value.startsWith("*") &&
        statement !== undefined &&
        text.slice(end, statement.start).trim() === "",
    )?.value;
  return module.staticExports
    .flatMap(({ entries }) => entries)
    .flatMap((entry) => {
      const name = entry.exportName.name ?? "default";
      if (entry.moduleRequest) return reExports(file, entry.moduleRequest.value, entry.importName, name);
      const local = entry.localName.name ?? name;
      const statement = program.body.find((each) => declaredNames(each).includes(local));
      return [
        { name, file, doc: docAbove(statement), isFunction: statement ? declaresFunction(statement) : false },
      ];
    });
}

/** The names of `export … from`. Another package documents its own; a namespace is as documented as its members. */
function reExports(
  file: string,
  from: string,
  imported: ExportImportName,
  name: string,
): readonly PublicExport[] {
  if (!from.startsWith(".")) return [];
  const target = join(dirname(file), from);
  if (!existsSync(target)) throw new Error(`${shown(file)} exports from "${from}", which is not there`);
  const exported = publicExports(target);
  if (imported.kind === "All") return exported;
  if (imported.kind === "AllButDefault") return exported.filter((each) => each.name !== "default");
  return exported.filter((each) => each.name === imported.name).map((each) => ({ ...each, name }));
}

type Statement = ReturnType<typeof parse>["program"]["body"][number];

function declaresFunction(statement: Statement): boolean {
  const declaration =
    statement.type === "ExportNamedDeclaration" || statement.type === "ExportDefaultDeclaration"
      ? statement.declaration
      : statement;
  // A function that another one made, such as a Fastify plugin, has a function's name too.
  if (declaration?.type === "VariableDeclaration")
    return declaration.declarations.some(({ id }) => id.type === "Identifier" && /^[a-z]/.test(id.name));
  return declaration?.type === "FunctionDeclaration" || declaration?.type === "TSDeclareFunction";
}

function declaredNames(statement: Statement): readonly string[] {
  if (statement.type === "ExportDefaultDeclaration") {
    const { declaration } = statement;
    return "id" in declaration && declaration.id?.type === "Identifier"
      ? ["default", declaration.id.name]
      : ["default"];
  }
  const declaration = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
  if (declaration?.type === "VariableDeclaration") {
    return declaration.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
  }
  if (declaration && "id" in declaration && declaration.id && "name" in declaration.id) {
    return [String(declaration.id.name)];
  }
  return [];
}
