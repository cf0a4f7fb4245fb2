import { UserMetadataError } from "../errors.ts";
import type { Journal } from "../storing/journal.ts";
import type { Recorder } from "../storing/write.ts";
import type { History, HistoryParts } from "./history.ts";

/**
 * The history of an engine. An engine that keeps one loads its code at once, so that no write has to wait for it later;
 * another one with the first question.
 */
export class LazyHistory {
  readonly #parts: Omit<HistoryParts, "journal">;
  readonly #journal: Journal | undefined;
  #loading: Promise<History> | undefined;
  #loaded: History | undefined;
  /** Makes the entries of writes; `undefined`: none are kept. */
  readonly record: Recorder | undefined;

  constructor(journal: Journal | undefined, parts: Omit<HistoryParts, "journal">) {
    this.#parts = parts;
    this.#journal = journal;
    this.record = parts.keeping && ((...write) => (this.#loaded as History).record(...write));
    // Whoever needs it is told.
    if (parts.keeping) this.load().catch(() => undefined);
  }

  /** @throws UserMetadataError `history_unsupported` if the store has no journal */
  load(): Promise<History> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<History> {
    if (!this.#journal) throw unsupported();
    const { History } = await import("./history.ts");
    this.#loaded = new History({ ...this.#parts, journal: this.#journal });
    return this.#loaded;
  }

  /** Does a write whose entry is kept, if entries are. */
  async keep<T>(userIds: readonly string[], write: () => Promise<T>): Promise<T> {
    if (!this.record) return write();
    const history = this.#loaded ?? (await this.load());
    const written = await write();
    history.wrote(userIds);
    return written;
  }

  /** Ends what goes on in the background, also if it is loaded later. */
  close(): void {
    this.#loading?.then(
      (history) => history.close(),
      () => undefined,
    );
  }
}

const unsupported = (): UserMetadataError =>
  new UserMetadataError(
    "history_unsupported",
    "The store has no journal, so that there is no history. Use a store that has one, as SQLite or PostgreSQL.",
  );
