import type { JsonObject } from "./json.ts";

/**
 * Who may do what with a part of the metadata. `public`: the user reads, only the server writes.
 * `private`: only the server. `unsafe`: the user reads and writes.
 */
export type Tier = "public" | "private" | "unsafe";

/** The three tiers, in the order in which they are shown and stored. */
export const TIERS: readonly Tier[] = ["public", "private", "unsafe"];

/** What a mutation decides: the tiers, and the root keys of `public` that go into the user's tokens. */
export interface DocumentContent {
  readonly public: JsonObject;
  readonly private: JsonObject;
  readonly unsafe: JsonObject;
  /** Root keys of `public`, each of which is there. */
  readonly claims: readonly string[];
}

/**
 * How an update meets what is stored. `deep`: RFC 7396. `shallow`: root keys alone, where a root null removes and
 * nested nulls stay, as SuperTokens does. `replace`: each tier named is replaced whole.
 */
export type Merge = "deep" | "shallow" | "replace";

/** What one user has. A document is never changed in place: a write makes a new one. */
export interface MetadataDocument extends DocumentContent {
  /** A number that only grows: `max(now in ms, previous + 1)`. `0` if nothing is stored. A user has each version once. */
  readonly version: number;
  /**
   * The version that the document had when what goes into the user's tokens last changed; `0` if that never did. It is
   * `metadataVersion` in a token.
   */
  readonly claimsVersion: number;
  /** When the document was first written, in ms since 1970. */
  readonly createdAt: number;
  /** When it was last written, in ms since 1970. */
  readonly updatedAt: number;
}

/**
 * A pure function from the stored document to the content that replaces it, or to `null`, which removes the document.
 * It may throw. It may run again, on a newer document, after another writer was faster.
 */
export type Mutation = (current: MetadataDocument) => DocumentContent | null;

/** A change of a document, and what is known of it before the document is read. */
export interface Intent {
  /** Makes the new content. It runs in the asynchronous context of the call. */
  readonly change: Mutation;
  /** What an update has for each tier: limits are judged by it before the call waits. @default nothing */
  readonly sent?: readonly (readonly [Tier, JsonObject])[] | undefined;
  /** How `sent` is merged. @default "replace" */
  readonly merge?: Merge | undefined;
  /** Whether it makes all of the content anew, so that a document that cannot be read is replaced too. @default false */
  readonly isWhole?: boolean | undefined;
  /** Bytes that wait beside `sent`. @default 0 */
  readonly bytes?: number | undefined;
}

/** The document of a user for whom nothing is stored. */
export const EMPTY_DOCUMENT: MetadataDocument = {
  public: {},
  private: {},
  unsafe: {},
  claims: [],
  version: 0,
  claimsVersion: 0,
  createdAt: 0,
  updatedAt: 0,
};
