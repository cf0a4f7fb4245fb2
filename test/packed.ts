import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { type Package, packagesIn, ROOT } from "./source.ts";

const execute = promisify(execFile);

/** Runs a command; if it fails, the error's message holds all that it printed. */
export async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await execute(command, args, { cwd, env: { ...process.env, NO_COLOR: "1" } });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`);
  }
}

/** The command of a package that the workspace's top folder or `test` has installed. */
export function installed(command: string, from: "." | "test" = "."): string {
  return join(ROOT, from, "node_modules/.bin", command);
}

/** A package with the tarball that would be published. */
export interface Packed extends Package {
  readonly tarball: string;
}

/** The packages that would be published. */
export const PUBLISHED: readonly Package[] = packagesIn("packages").filter(
  ({ manifest }) => !manifest.private,
);

/** How long packing all may take: it builds every package anew, on a machine that may do other things beside. */
export const BUILD_MS = 600_000;

/** Copies what git has or would add, with what is installed: a clone in which nothing is built. */
async function cloneInto(target: string): Promise<void> {
  const listed = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], ROOT);
  for (const file of listed.split("\0")) {
    if (file && existsSync(join(ROOT, file))) cpSync(join(ROOT, file), join(target, file));
  }
  symlinkSync(join(ROOT, "node_modules"), join(target, "node_modules"));
  for (const { folder, path } of PUBLISHED) {
    // The links as they are, so that one to a package of ours leads to that of the clone.
    const links = { recursive: true, verbatimSymlinks: true };
    cpSync(join(path, "node_modules"), join(target, "packages", folder, "node_modules"), links);
  }
}

/**
 * Packs every published package from a clean clone, in which `prepack` builds, into a folder of its own that `remove`
 * removes. Nothing that an earlier build has left can be in a tarball.
 */
export async function packAll(): Promise<{ folder: string; packed: readonly Packed[]; remove: () => void }> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "usermeta-packed-")));
  const clone = join(folder, "clone");
  await cloneInto(clone);
  // A package after those that it depends on; pnpm names a tarball by its package.
  await run("pnpm", ["-r", "--filter", "./packages/*", "pack", "--out", join(folder, "%s.tgz")], clone);
  const packed = PUBLISHED.map((each) => ({ ...each, tarball: join(folder, `usermeta-${each.folder}.tgz`) }));
  return { folder, packed, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * Lays out `node_modules` as an install of the tarballs would: ours unpacked, what they depend on linked from the
 * workspace.
 */
export async function installInto(folder: string, packed: readonly Packed[]): Promise<void> {
  for (const { path, manifest, tarball } of packed) {
    const target = join(folder, "node_modules", manifest.name);
    mkdirSync(target, { recursive: true });
    await run("tar", ["-xzf", tarball, "-C", target, "--strip-components=1"], folder);
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
      if (!name.startsWith("@usermeta/")) link(folder, name, path);
    }
    for (const name of Object.keys({ ...manifest.devDependencies })) {
      if (name.startsWith("@types/")) link(folder, name, path);
    }
  }
  link(folder, "@types/node", ROOT);
}

/** Links what a package of the workspace has installed into an app's `node_modules`. */
export function link(folder: string, name: string, from: string): void {
  const target = join(folder, "node_modules", name);
  rmSync(target, { force: true });
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(realpathSync(join(from, "node_modules", name)), target);
}

/**
 * Checks a tarball as npm's users would find it. That declarations of CommonJS stand beside modules of ECMAScript is
 * meant (decision 0031), and is left out.
 * @throws Error with what publint or attw found
 */
export async function checkTarball(tarball: string): Promise<void> {
  const { buffer } = new Uint8Array(await readFile(tarball));
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
  const found = messages.filter(({ code }) => code !== "EXPORTS_TYPES_INVALID_FORMAT");
  const told = found.map((message) => formatMessage(message, pkg ?? {}, { color: false }));
  if (told.length > 0) throw new Error(`publint found in ${tarball}:\n${told.join("\n")}`);
  const rules = ["--ignore-rules", "false-cjs", "cjs-resolves-to-esm"];
  await run(installed("attw", "test"), [tarball, "--no-emoji", ...rules], ROOT);
}
