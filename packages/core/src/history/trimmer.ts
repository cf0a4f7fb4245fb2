import type { Journal } from "../storing/journal.ts";
import type { Keeping } from "./keeping.ts";

/** Entries removed at once, and subjects looked at. */
const PIECE = 200;
/** Users that are remembered. The entries of more wait for the user's next write. */
const MAX_WRITTEN = 100_000;
/** The pause after each piece, so that it hinders nobody; and between one trimming and the next. In ms. */
const PAUSE_MS = { piece: 50, round: 60_000 };

/** Of Node; elsewhere a timer is a number. */
interface NodeTimer {
  unref?(): void;
}

/** Trims the history in the background, a little at a time. */
export class Trimmer {
  readonly #journal: Journal;
  readonly #keeping: Keeping;
  /** Whose entries may have become too many. */
  #written: Set<string> = new Set();
  #timer: NodeTimer | undefined;
  #isClosed = false;
  #trimmedAt = 0;

  constructor(journal: Journal, keeping: Keeping) {
    this.#journal = journal;
    this.#keeping = keeping;
  }

  /** Somebody's entry was written. */
  wrote(subject: string): void {
    if (this.#written.size < MAX_WRITTEN) this.#written.add(subject);
  }

  /** Trims now and then, until it is closed. */
  start(): void {
    this.#wait(PAUSE_MS.piece);
  }

  /** Trims a piece, if that is due: for a runtime that has no timers beside its requests. */
  async pass(): Promise<void> {
    if (this.#isClosed || Date.now() - this.#trimmedAt < PAUSE_MS.round) return;
    this.#trimmedAt = Date.now();
    await this.piece().catch(() => false);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer as unknown as number);
  }

  #wait(ms: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#trim(), ms) as NodeTimer;
    this.#timer.unref?.();
  }

  async #trim(): Promise<void> {
    // A store that cannot be asked now is asked the next time.
    const isMore = await this.piece().catch(() => false);
    this.#wait(isMore ? PAUSE_MS.piece : PAUSE_MS.round);
  }

  /** Trims a piece. Resolves to whether there is more to do. */
  async piece(): Promise<boolean> {
    const { keepMs, maxEntries } = this.#keeping;
    const removed = await this.#journal.trim(Date.now() - keepMs, PIECE);
    const subjects = [...this.#written].slice(0, PIECE);
    for (const subject of subjects) this.#written.delete(subject);
    if (subjects.length > 0) await this.#journal.trimSubjects(subjects, maxEntries);
    return removed === PIECE || this.#written.size > 0;
  }
}
