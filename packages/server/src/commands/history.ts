import {
  type HistoryEntry,
  type HistoryOptions,
  TIERS,
  type Tier,
  type UserMetadataEngine,
  type WholeEntry,
} from "@usermeta/core";
import type { ServerConfig } from "../config/config.ts";
import { withEngine } from "../config/open.ts";
import { toTable } from "./history-table.ts";
import { checkKnown } from "./known.ts";
import { print } from "./print.ts";
import { toJson } from "./users.ts";

/** Which entries of a user's history are read. */
export interface Reading extends Pick<HistoryOptions, "tier" | "actor"> {
  /** @default all */
  readonly limit?: number | undefined;
}

/** Two versions, and what of them is compared. */
export interface Versions {
  readonly from: number;
  readonly to: number;
  /** @default all */
  readonly tiers?: readonly Tier[] | undefined;
}

/** Reads of a user of whom something is known. @throws UserMetadataError `user_not_found`, `history_unsupported` */
const readKnown = <T>(
  config: ServerConfig,
  userId: string,
  read: (metadata: UserMetadataEngine) => Promise<T>,
): Promise<T> =>
  withEngine(config, { create: false }, async (metadata) => {
    await checkKnown(metadata, userId);
    return read(metadata);
  });

/** Lists a user's history on standard output. @throws UserMetadataError `user_not_found`, `history_unsupported` */
export const historyCommand = (config: ServerConfig, userId: string, reading: Reading): Promise<void> =>
  readKnown(config, userId, async (metadata) => {
    const entries = entriesOf(metadata, userId, reading);
    const { isTTY, columns } = process.stdout;
    await print(isTTY ? toTable(entries, columns) : toLines(entries));
  });

const MAX_PAGE = 500;

/** All entries up to the limit, page by page. */
async function* entriesOf(
  metadata: UserMetadataEngine,
  userId: string,
  { limit = Number.POSITIVE_INFINITY, tier, actor }: Reading,
): AsyncGenerator<WholeEntry> {
  let left = limit;
  let cursor: string | undefined;
  while (left > 0) {
    const page = await metadata.history(userId, { limit: Math.min(left, MAX_PAGE), cursor, tier, actor });
    yield* page.entries.map(toWhole);
    left -= page.entries.length;
    cursor = page.cursor;
    if (cursor === undefined) return;
  }
}

/** An entry with all that it tells, in plain sight. */
const toWhole = (entry: HistoryEntry): WholeEntry => {
  const { action, version, previous, at, by, reason, restored, changes, privateChanges } = entry;
  const all = [...changes, ...privateChanges];
  return { action, version, previous, at, by, reason, restored, changes: all };
};

async function* toLines(entries: AsyncIterable<WholeEntry>): AsyncGenerator<string> {
  for await (const entry of entries) yield `${JSON.stringify(entry)}\n`;
}

/** @returns a JSON Patch @throws UserMetadataError `version_unknown`, `user_not_found` */
export const diffVersions = (
  config: ServerConfig,
  userId: string,
  { from, to, tiers = TIERS }: Versions,
): Promise<string> =>
  readKnown(config, userId, async (metadata) => toJson(await metadata.diff(userId, from, to, { tiers })));

/** @returns all that is stored of a user, as JSON @throws UserMetadataError `user_not_found` */
export const exportUser = (config: ServerConfig, userId: string): Promise<string> =>
  readKnown(config, userId, async (metadata) => toJson(await metadata.exportUserMetadata(userId)));
