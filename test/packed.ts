import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
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

/** Builds what is not built yet and packs every published package into a folder of its own, removed by `remove`. */
export async function packAll(): Promise<{ folder: string; packed: readonly Packed[]; remove: () => void }> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "usermeta-packed-")));
  await run(installed("tsc"), ["-b"], ROOT);
  const packed = await Promise.all(
    PUBLISHED.map(async (each) => {
      const tarball = join(folder, `${each.folder}.tgz`);
      await run("pnpm", ["pack", "--out", tarball], each.path);
      return { ...each, tarball };
    }),
  );
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

function link(folder: string, name: string, from: string): void {
  const target = join(folder, "node_modules", name);
  rmSync(target, { force: true });
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(realpathSync(join(from, "node_modules", name)), target);
}

/** Checks a tarball as npm's users would find it. @throws Error with what publint or attw found */
export async function checkTarball(tarball: string): Promise<void> {
  await run(installed("publint", "test"), ["run", tarball, "--strict"], ROOT);
  await run(installed("attw", "test"), [tarball, "--profile", "esm-only", "--no-emoji"], ROOT);
}
