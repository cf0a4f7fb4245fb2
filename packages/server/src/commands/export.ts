import { createWriteStream, existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type FoundDocument, type Store, UserMetadataError } from "@usermeta/core";
import type { ServerConfig } from "../config/config.ts";
import { withStore } from "../config/open.ts";
import { invalidSetting } from "../config/settings.ts";
import { withoutJournal } from "../transfer/import-entries.ts";
import { createProgress } from "../transfer/progress.ts";
import { toLine } from "../transfer/record.ts";
import { historyOf } from "../transfer/record-history.ts";
import { print } from "./print.ts";

/** Where to export to. */
export interface ExportRequest {
  /** A file; `undefined` for standard output. */
  readonly output?: string | undefined;
  /** Goes on after the last whole line of the file. */
  readonly resume: boolean;
  /** Writes the entries of each user's history too. */
  readonly withHistory: boolean;
}

const PAGE = 500;
/** Only whoever exports reads the private tiers. */
const MODE = 0o600;

/**
 * Writes every document as a line of NDJSON, in the order of the user ids. Each is whole; the export is not one moment:
 * what is written meanwhile may be in it or not.
 */
export const exportCommand = async (
  config: ServerConfig,
  { output, resume, withHistory }: ExportRequest,
): Promise<void> => {
  if (resume && output === undefined)
    throw invalidSetting("--resume goes with --output <file>; give that too.");
  await withStore(config, { create: false }, async (store) => {
    if (!canList(store)) throw unsupported();
    const toText = withHistory ? withHistories(store) : withoutHistory;
    if (output === undefined) return print(pagesOf(store, "", toText));
    if (!resume && existsSync(output))
      throw invalidSetting(`${output} is there already. Give --resume to go on with it, or another file.`);
    const after = resume ? await cutToLastLine(output) : "";
    await pipeline(
      Readable.from(pagesOf(store, after, toText)),
      createWriteStream(output, { flags: "a", mode: MODE }),
    );
  });
};

type Lister = Store & Required<Pick<Store, "find" | "count">>;

const canList = (store: Store): store is Lister => store.find !== undefined && store.count !== undefined;

/** Writes a page of users as lines. */
type ToText = (found: readonly FoundDocument[]) => Iterable<string> | AsyncIterable<string>;

const withoutHistory: ToText = (found) =>
  found.length > 0 ? [found.map((each) => toLine(each)).join("")] : [];

/** @throws UserMetadataError `history_unsupported` */
const withHistories = ({ journal }: Store): ToText => {
  if (!journal) throw withoutJournal();
  return async function* (found) {
    for (const each of found) yield toLine(each, await historyOf(journal, each));
  };
};

async function* pagesOf(store: Lister, start: string, toText: ToText): AsyncGenerator<string> {
  const progress = createProgress();
  const total = await store.count();
  let after = start;
  let done = 0;
  try {
    for (;;) {
      const found = await store.find({ tier: "public", where: {}, after, limit: PAGE });
      done += found.length;
      progress.show(`${done} users`, done, total);
      yield* toText(found);
      const last = found.at(-1);
      if (!last || found.length < PAGE) break;
      after = last.userId;
    }
  } finally {
    progress.clear();
  }
  if (process.stderr.isTTY) process.stderr.write(`${done} exported.\n`);
}

const unsupported = (): UserMetadataError =>
  new UserMetadataError(
    "search_unsupported",
    "This store cannot list its users, so that they cannot be exported.",
  );

const TAIL_BYTES = 64 * 1024;

/** Removes a line that was cut off, and tells whose the last whole one is; `""` if there is none. */
const cutToLastLine = async (path: string): Promise<string> => {
  const file = await open(path, "r+").catch((error: NodeJS.ErrnoException) => {
    throw invalidSetting(`${path} cannot be opened (${error.code}); leave out --resume to begin it.`);
  });
  try {
    const { size } = await file.stat();
    for (let bytes = TAIL_BYTES; ; bytes *= 2) {
      const from = Math.max(0, size - bytes);
      const tail = Buffer.alloc(size - from);
      await file.read(tail, 0, tail.length, from);
      const end = tail.lastIndexOf("\n");
      const start = end < 0 ? -1 : tail.lastIndexOf("\n", end - 1);
      if (start < 0 && from > 0) continue;
      await file.truncate(from + end + 1);
      return end < 0 ? "" : userIdOf(tail.toString("utf8", start + 1, end), path);
    }
  } finally {
    await file.close();
  }
};

const userIdOf = (line: string, path: string): string => {
  try {
    const { userId } = JSON.parse(line) as { userId?: unknown };
    if (typeof userId === "string") return userId;
  } catch {
    // Told below.
  }
  throw invalidSetting(`The last line of ${path} is not one of an export; give another file.`);
};
