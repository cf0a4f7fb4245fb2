/**
 * `pnpm release`: packs every package, checks what was packed, publishes it and tags the commit. `pnpm release --dry-run`
 * does all but publish and tag. A second run goes on where the first one failed.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkTarball, type Packed, packAll, run } from "../test/packed.ts";
import { ROOT } from "../test/source.ts";

/** Why a checkout cannot be released; `undefined` if it can. */
export function refusal(status: string, branch: string): string | undefined {
  if (branch !== "main") return `The branch is ${branch}. A release is made from main.`;
  if (status !== "") return `These files are not committed:\n${status}`;
  return undefined;
}

/** Packages so that each comes after those of ours that it depends on. */
export function inOrder<P extends Pick<Packed, "manifest">>(packages: readonly P[]): readonly P[] {
  const ordered = new Set<P>();
  const add = (each: P): void => {
    const { dependencies, peerDependencies } = each.manifest;
    for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
      const needed = packages.find(({ manifest }) => manifest.name === name);
      if (needed && !ordered.has(needed)) add(needed);
    }
    ordered.add(each);
  };
  for (const each of packages) add(each);
  return [...ordered];
}

const git = async (...args: readonly string[]): Promise<string> => (await run("git", args, ROOT)).trim();

async function readVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(ROOT, "packages/core/package.json"), "utf8"));
  const changelog = await readFile(join(ROOT, "CHANGELOG.md"), "utf8");
  if (!changelog.includes(`## ${version}`))
    throw new Error(`CHANGELOG.md has no entry for ${version}. Run \`pnpm release:version\` first.`);
  return version;
}

const isPublished = async (name: string, version: string): Promise<boolean> =>
  run("npm", ["view", `${name}@${version}`, "version"], ROOT).then(
    (output) => output.trim() === version,
    (error: Error) => {
      if (error.message.includes("E404")) return false;
      throw error;
    },
  );

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { "dry-run": { type: "boolean", default: false } } });
  const isDryRun = values["dry-run"];
  const refused = refusal(await git("status", "--porcelain"), await git("rev-parse", "--abbrev-ref", "HEAD"));
  if (refused && !isDryRun) throw new Error(refused);
  const version = await readVersion();
  const all = await packAll();
  try {
    for (const { manifest, tarball } of inOrder(all.packed)) {
      await checkTarball(tarball);
      if (isDryRun) console.log(`would publish ${manifest.name} ${version}`);
      else if (await isPublished(manifest.name, version))
        console.log(`${manifest.name} ${version} is published`);
      else {
        await run("npm", ["publish", tarball, "--access", "public", "--provenance"], ROOT);
        console.log(`published ${manifest.name} ${version}`);
      }
    }
  } finally {
    all.remove();
  }
  if (isDryRun) console.log(refused ? `A release would be refused. ${refused}` : `would tag v${version}`);
  else await git("tag", `v${version}`);
}

if (import.meta.main) await main();
