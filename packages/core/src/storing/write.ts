import type { Author } from "../document/actor.ts";
import type { Condition } from "../document/condition.ts";
import type { Intent, MetadataDocument } from "../document/document.ts";
import type { StoredEntry, StoredErasure } from "./journal.ts";

/** Makes the entry of a write, from the document before and after it. */
export type Recorder = (
  userId: string,
  documents: readonly [before: MetadataDocument, after: MetadataDocument],
  write: Recorded,
) => StoredEntry;

/** What is told of a write. */
export interface Recorded extends Author {
  /** The version that is put back. */
  readonly restored?: number | undefined;
}

/** What stays of who is erased. */
export interface Erased {
  readonly entry: StoredEntry;
  readonly erasure: StoredErasure;
}

/** A write of one user's document. */
export interface Write extends Intent, Recorded {
  /** Removes the entries of the history too; what stays in their place is made of the version of the removal. */
  readonly erase?: ((version: number) => Erased) | undefined;
  /** Is checked before the change, on the same document. @default every document may be changed */
  readonly condition?: Condition | undefined;
  /** Gives up on the write, if nothing was sent to the store. */
  readonly signal?: AbortSignal | undefined;
}

/** A write that is done. */
export interface Written {
  /** The document that the change was made of. */
  readonly before: MetadataDocument;
  /** The document that is stored now; `EMPTY_DOCUMENT` if the change removed it. */
  readonly after: MetadataDocument;
}
