/** One line of the journal, as a store keeps it. */
export interface StoredEntry {
  /** Whose line it is: a user id, or in the place of one who was erased a name that begins with a control character. */
  readonly subject: string;
  /** The version that the write gave. A subject has one line for each; another one is left out. */
  readonly version: number;
  /** When it was written, in ms since 1970, by the clock of who wrote. */
  readonly at: number;
  /** JSON that the engine makes and reads. A store keeps the text as it is. */
  readonly body: string;
}

/** What stays of somebody who was erased. */
export interface StoredErasure {
  /** Stands for the user id. */
  readonly digest: string;
  /** When it was done, in ms since 1970. */
  readonly at: number;
  /** JSON that the engine makes and reads. */
  readonly body: string;
}

/** A line of the journal, and its place. */
export interface PlacedEntry extends StoredEntry {
  /** Its place among all lines. Following goes on after it. */
  readonly position: string;
}

/** Which lines of a subject to read. */
export interface EntryQuery {
  readonly subject: string;
  /** Only versions below this one. */
  readonly before: number;
  /** The most lines to return; 1 or more. */
  readonly limit: number;
}

/**
 * The lines of a store's changes. A line is there if and only if its change is, from the moment that the change can be
 * read. Several engines may trim at once: a store lets one do it, and the others find nothing to do.
 */
export interface Journal {
  /** Lines of one subject, the newest first. */
  read(query: EntryQuery): Promise<readonly StoredEntry[]>;
  /**
   * Lines of all subjects that come after a position, `limit` at most, in an order that never changes: those of one
   * subject by their versions. Each line is returned once its change is committed, and none comes later before one that
   * was returned, however transactions overlap: a line that could still be overtaken is held back.
   * @param after the position of a line, an answer of `end()`, or `""`: from the oldest line
   * @throws UserMetadataError `position_trimmed` if lines after it were trimmed, `query_invalid` if the journal did not give it
   */
  follow(after: string, limit: number): Promise<readonly PlacedEntry[]>;
  /** A position after all lines that were written so far; of changes that are being written some may come after it. */
  end(): Promise<string>;
  /** Removes lines from before a moment (ms since 1970), the oldest first, `limit` at most. Resolves to how many. */
  trim(before: number, limit: number): Promise<number>;
  /** Removes all but the newest `most` lines of each of these subjects. */
  trimSubjects(subjects: readonly string[], most: number): Promise<void>;
  /** Who was erased under a digest, the oldest first. */
  erasures(digest: string): Promise<readonly StoredErasure[]>;
  /** A text that is random and stays the same, for digests of this database. */
  salt(): Promise<string>;
}
