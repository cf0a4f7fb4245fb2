import type { Actor } from "./actor.ts";
import type { Tier } from "./document.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { Schemas, Stored, TiersOf, TierTypes, UserMetadata, WriteOptions } from "./types.ts";

/** A user's metadata as it was. What the history did not keep is `undefined`. Not enumerable is what is not in `UserMetadata`. */
export interface PastMetadata<T extends TierTypes = TiersOf<Schemas>>
  extends Pick<UserMetadata<T>, "userId" | "version" | "createdAt" | "updatedAt"> {
  readonly publicMetadata: Stored<T["public"]> | undefined;
  readonly unsafeMetadata: Stored<T["unsafe"]> | undefined;
  readonly privateMetadata: Stored<T["private"]> | undefined;
  readonly claims: readonly string[] | undefined;
}

/** Which metadata of the past to read. */
export type PastOptions =
  /** The version that was given by a write. */
  | { readonly version: number }
  /** What was stored at a moment: a `Date`, or ms since 1970. */
  | { readonly at: Date | number };

/** An operation of a JSON Patch (RFC 6902) that made a change, with the value that was there before. */
export type HistoryChange =
  | { readonly op: "add"; readonly path: string; readonly value: JsonValue }
  | { readonly op: "replace"; readonly path: string; readonly value: JsonValue; readonly was?: JsonValue }
  | { readonly op: "remove"; readonly path: string; readonly was: JsonValue };

/**
 * A write that was made. What only servers may see is not enumerable, as `privateMetadata` is not: who wrote, why, and
 * what changed in the private tier and in `claims`.
 */
export interface HistoryEntry {
  readonly action: "update" | "clear" | "rollback" | "erase";
  /** The version that the write gave. */
  readonly version: number;
  /** When, in ms since 1970. */
  readonly at: number;
  /** What changed in the public and the unsafe tier. */
  readonly changes: readonly HistoryChange[];
  /** What changed in the private tier and in `claims`. */
  readonly privateChanges: readonly HistoryChange[];
  readonly by: Actor;
  readonly reason: string | undefined;
  /** The version that was stored before; 0: none. */
  readonly previous: number;
  /** The version that a rollback went back to. */
  readonly restored: number | undefined;
}

/** An entry with all that it tells: `changes` has those of the private tier and of `claims` too. */
export interface WholeEntry extends Omit<HistoryEntry, "privateChanges"> {}

/** An entry as the user sees it whose it is: of others it tells no more than that they are the server. */
export interface OwnHistoryEntry extends Pick<HistoryEntry, "version" | "at" | "changes"> {
  readonly action: "update" | "clear";
  readonly by: "user" | "server";
  /** Of the user's own writes. */
  readonly reason?: string | undefined;
}

/** A page of a user's own history, as `GET /metadata/history` answers it; the newest entry first. */
export interface OwnHistoryPage extends Pick<HistoryPage, "cursor"> {
  readonly entries: readonly OwnHistoryEntry[];
}

/** Which entries of a user's history to read. */
export interface HistoryOptions {
  /** 1 to 500. @default 50 */
  readonly limit?: number | undefined;
  /** The `cursor` of the page before. */
  readonly cursor?: string | undefined;
  /** Only writes that changed this tier. */
  readonly tier?: Tier | undefined;
  /** Only writes of an actor with this `id`. */
  readonly actor?: string | undefined;
}

/** A page of a user's history, the newest entry first. */
export interface HistoryPage {
  readonly entries: readonly HistoryEntry[];
  /** Gets the next page, which may be empty; `undefined` after the last. */
  readonly cursor: string | undefined;
}

/** Which parts of two versions are compared. */
export interface DiffOptions {
  /** With all three tiers `claims` are compared too. @default ["public", "unsafe"] */
  readonly tiers?: readonly Tier[] | undefined;
}

/** How an old version is put back. */
export interface RollbackOptions extends WriteOptions {
  /** What is put back; what is left out stays. @default all that the history has of that version */
  readonly tiers?: readonly Tier[] | undefined;
}

/** What is followed. */
export interface FollowOptions {
  /** The `position` of the last entry that is known; `""`: from the oldest entry. @default from now on */
  readonly after?: string | undefined;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

/** An entry of any user's history, and its position among all. */
export interface FollowedEntry extends HistoryEntry {
  /** `undefined` if it is of a user who was erased: then `digest` stands for the id. */
  readonly userId: string | undefined;
  /** As a receipt of the erasure has it. */
  readonly digest: string | undefined;
  /** Follow from here to go on after this entry. */
  readonly position: string;
}

/** Shows that a user was erased, without the user's id. */
export interface ErasureReceipt {
  /** SHA-256, in hexadecimal, of the database's salt, a colon and the user id. */
  readonly digest: string;
  /** When, in ms since 1970. */
  readonly at: number;
  /** The version of the erasure; the user had none above it. */
  readonly version: number;
  /** How many entries of the history there were, as it began. */
  readonly entries: number;
  readonly by: Actor;
  readonly reason: string | undefined;
}

/** All that is stored of a user: for the user's own request for it, so with the private tier. */
export interface UserExport {
  readonly userId: string;
  readonly publicMetadata: JsonObject;
  readonly privateMetadata: JsonObject;
  readonly unsafeMetadata: JsonObject;
  readonly claims: readonly string[];
  readonly version: number;
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
  /** The newest first. */
  readonly history: readonly WholeEntry[];
}
