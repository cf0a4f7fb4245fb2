import type { Tier } from "../document/document.ts";

/** What is kept of writes. */
export interface Keeping {
  readonly keepMs: number;
  readonly maxEntries: number;
  readonly tiers: readonly Tier[];
}
