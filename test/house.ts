/** The imports of a package as a graph of its files, and the rules that they keep. */
import { dirname, join, relative } from "node:path";

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
