import type { HistoryKeepingOptions } from "@usermeta/core";
import type { ServerConfig } from "./config.ts";
import { invalidSetting } from "./settings.ts";

/** What the engine keeps if nothing is said. */
export const KEEP_DAYS = 90;
export const MAX_ENTRIES = 1000;

/**
 * What the settings `history`, `historyDays` and `historyEntries` say together; `undefined`: no history is kept.
 * @throws UserMetadataError `options_invalid`
 */
export const toHistory = ({
  history,
  historyDays,
  historyEntries,
}: ServerConfig): HistoryKeepingOptions | undefined => {
  if (history === undefined && (historyDays ?? historyEntries) !== undefined)
    throw invalidSetting("historyDays and historyEntries go with history; give --history too.");
  if (!history) return undefined;
  return {
    ...(history !== true && history),
    ...(historyDays !== undefined && { keepDays: historyDays }),
    ...(historyEntries !== undefined && { maxEntries: historyEntries }),
  };
};

/** So much that nothing is too old or too many. */
const MOST = { keepDays: 36_500, maxEntries: 1_000_000_000 };

/** The history of a command that writes: it trims none of what a server keeps, whose settings it may not know. */
export const untrimmed = (history: HistoryKeepingOptions): HistoryKeepingOptions => ({ ...history, ...MOST });
