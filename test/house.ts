/** The imports of a package as a graph of its files, and the rules that they keep. */
import { dirname, join, relative } from "node:path";
import { importsOf, packageOf, packagesIn, shown, sourceFiles } from "./source.ts";

/** Files, each with the files of the same package that it imports, types included; paths are relative to `src`. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** The imports between the files of one folder. */
export function importsWithin(
  src: string,
  files: readonly string[],
  importsOf: (file: string) => readonly string[],
): Imports {
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const targets = importsOf(file)
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => join(dirname(file), specifier))
        .filter((target) => known.has(target));
      return [relative(src, file), targets.map((target) => relative(src, target))];
    }),
  );
}

/** Every circle that a depth-first walk meets, as `a -> b -> a`. */
export function circlesIn(imports: Imports): readonly string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (file: string): void => {
    const at = way.indexOf(file);
    if (at >= 0) circles.push([...way.slice(at), file].join(" -> "));
    if (at >= 0 || done.has(file)) return;
    way.push(file);
    for (const target of imports.get(file) ?? []) visit(target);
    way.pop();
    done.add(file);
  };
  for (const file of imports.keys()) visit(file);
  return circles;
}

/**
 * Every import that does not go down. `floors` are the rooms from the ground up; the rooms of one floor do not import
 * each other. A room is a folder, or a file at the root.
 */
export function climbingIn(imports: Imports, floors: readonly (readonly string[])[]): readonly string[] {
  const roomOf = (file: string): string => file.split("/")[0] ?? file;
  const floorOf = (file: string): number => {
    const floor = floors.findIndex((rooms) => rooms.includes(roomOf(file)));
    if (floor < 0) throw new Error(`${file} is in a room that has no floor: ${roomOf(file)}`);
    return floor;
  };
  return [...imports].flatMap(([file, targets]) =>
    targets
      .filter((target) => roomOf(target) !== roomOf(file) && floorOf(target) >= floorOf(file))
      .map((target) => `${file} -> ${target}`),
  );
}

/** The package that owns a framework, and the names by which the framework is imported. */
export const FRAMEWORKS: Readonly<Record<string, RegExp>> = {
  express: /^express/,
  koa: /^(koa|@koa\/)/,
  fastify: /^(fastify|@fastify\/)/,
  hapi: /^@hapi\//,
  loopback: /^@loopback\//,
  lambda: /^(aws-lambda|@middy\/)/,
  next: /^next$/,
  nest: /^@nestjs\//,
  supertokens: /^supertokens-node$/,
  react: /^react(-dom)?$/,
  fetch: /^(hono|astro|@sveltejs\/|react-router|@tanstack\/)/,
};

/** One import: a file, as messages show it, and what it names. */
export interface Import {
  readonly file: string;
  readonly specifier: string;
}

/** Every import in a package's `src`, types included. */
export function importsOfPackage(path: string): readonly Import[] {
  return sourceFiles(join(path, "src")).flatMap((file) =>
    importsOf(file).map((specifier) => ({ specifier, file: shown(file) })),
  );
}

/** The packages of ours that one may import. A package that is not named here is an adapter: it imports core and the plumbing. */
function mayImport(folder: string): readonly string[] {
  if (folder === "core") return [];
  if (folder === "node" || folder === "fetch" || folder === "conformance" || folder.startsWith("store-"))
    return ["core"];
  if (folder === "react") return ["client", "core"];
  if (folder === "server") return packagesIn("packages").map((each) => each.folder);
  return ["core", "node", "fetch"];
}

/**
 * Every import of a package that breaks a rule, as `file -> specifier`: a package of ours that it may not import,
 * another package's files by path, another package's framework, and for core everything but jose.
 */
export function forbiddenIn(folder: string, imports: readonly Import[]): readonly string[] {
  const allowed = mayImport(folder).map((each) => `@usermeta/${each}`);
  const foreign = Object.entries(FRAMEWORKS).filter(([owner]) => owner !== folder);
  const isForbidden = ({ file, specifier }: Import): boolean => {
    if (specifier.startsWith("."))
      return !join(file, "..", specifier).startsWith(join("packages", folder, "src/"));
    const name = packageOf(specifier);
    if (folder === "core") return name !== "jose";
    if (name?.startsWith("@usermeta/")) return !allowed.includes(name);
    return name !== undefined && foreign.some(([, pattern]) => pattern.test(name));
  };
  return imports.filter(isForbidden).map(({ file, specifier }) => `${file} -> ${specifier}`);
}
