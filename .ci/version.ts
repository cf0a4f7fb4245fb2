/**
 * `pnpm release:version`: makes of the changesets a version of all packages and an entry in CHANGELOG.md. Commit what it
 * changes, then run `pnpm release`.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readChangesets } from "@changesets/read";
import { installed, run } from "../test/packed.ts";
import { ROOT } from "../test/source.ts";

const HEADINGS = { major: "Breaking", minor: "Changed", patch: "Fixed" } as const;
type Kind = keyof typeof HEADINGS;

/** A change that users are told of. */
export interface Told {
  readonly summary: string;
  readonly kind: Kind;
}

/** The entry of a version: what changed, the most important first. */
export function toEntry(version: string, date: string, changes: readonly Told[]): string {
  const sections = (Object.keys(HEADINGS) as Kind[]).flatMap((kind) => {
    const summaries = changes.filter((change) => change.kind === kind).map(({ summary }) => summary.trim());
    return summaries.length > 0 ? [`### ${HEADINGS[kind]}\n\n${summaries.join("\n\n")}\n`] : [];
  });
  return [`## ${version} (${date})\n`, ...sections].join("\n");
}

/** Puts an entry above that of the last version. */
export function withEntry(changelog: string, entry: string): string {
  const at = changelog.search(/^## /m);
  return at < 0
    ? `${changelog.trimEnd()}\n\n${entry}`
    : `${changelog.slice(0, at)}${entry}\n${changelog.slice(at)}`;
}

const kindOf = (types: readonly string[]): Kind =>
  (Object.keys(HEADINGS) as Kind[]).find((kind) => types.includes(kind)) ?? "patch";

async function main(): Promise<void> {
  const changesets = await readChangesets(ROOT);
  if (changesets.length === 0) throw new Error("There is no changeset. Write one with `pnpm changeset`.");
  const changes = changesets.map(({ summary, releases }) => ({
    summary,
    kind: kindOf(releases.map(({ type }) => type)),
  }));
  await run(installed("changeset"), ["version"], ROOT);
  const { version } = JSON.parse(await readFile(join(ROOT, "packages/core/package.json"), "utf8"));
  const file = join(ROOT, "CHANGELOG.md");
  const date = new Date().toISOString().slice(0, 10);
  await writeFile(file, withEntry(await readFile(file, "utf8"), toEntry(version, date, changes)));
  console.log(`CHANGELOG.md and all packages are at ${version}. Read them, and commit.`);
}

if (import.meta.main) await main();
