import type { AuthorOptions } from "./actor.ts";
import type { Tier } from "./document.ts";
import type { JsonObject } from "./json.ts";
import type { StandardSchema } from "./schema.ts";

/** A Standard Schema for each tier that has one. */
export type Schemas = { readonly [T in Tier]?: StandardSchema };

/** The types of the three tiers. */
export interface TierTypes {
  public: object;
  private: object;
  unsafe: object;
}

type Of<S extends Schemas, T extends Tier> =
  S[T] extends StandardSchema<infer Input> ? (Input extends object ? Input : JsonObject) : JsonObject;

/** The tiers' types as their schemas have them. What is stored is what was sent, so it is a schema's input type. */
export interface TiersOf<S extends Schemas> extends TierTypes {
  public: Of<S, "public">;
  private: Of<S, "private">;
  unsafe: Of<S, "unsafe">;
}

/**
 * A deep partial of a tier in which every key may also be `null`, which removes it. Arrays are replaced whole. A tier
 * without a schema takes any object, an `interface` of yours included.
 */
export type MetadataPatch<T> = string extends keyof T
  ? object
  : { readonly [K in keyof T]?: PatchValue<T[K]> | null };

type PatchValue<V> = V extends readonly unknown[] ? V : V extends object ? MetadataPatch<V> : V;

/** What an update may name: any of the tiers, and the root keys of `public` that go into the user's tokens. */
export interface MetadataUpdate<T extends TierTypes = TiersOf<Schemas>> {
  readonly publicMetadata?: MetadataPatch<T["public"]> | undefined;
  readonly privateMetadata?: MetadataPatch<T["private"]> | undefined;
  readonly unsafeMetadata?: MetadataPatch<T["unsafe"]> | undefined;
  /**
   * Replaces the list; `patchUserMetadata` with an `add` at `/claims/-` adds to it. A key that leaves `publicMetadata`
   * leaves it too.
   */
  readonly claims?: readonly string[] | undefined;
}

type Whole<T> = string extends keyof T ? object : T;

/** Tiers to be stored as they are; one left out stays. */
export interface MetadataReplacement<T extends TierTypes = TiersOf<Schemas>> {
  readonly publicMetadata?: Whole<T["public"]> | undefined;
  readonly privateMetadata?: Whole<T["private"]> | undefined;
  readonly unsafeMetadata?: Whole<T["unsafe"]> | undefined;
  /** Replaces the list. */
  readonly claims?: readonly string[] | undefined;
}

/** A tier that is stored. */
export type Stored<T> = string extends keyof T ? JsonObject : Partial<T>;

/**
 * One user's metadata as server code sees it: a copy, yours to change. `privateMetadata` is not enumerable, so that
 * `JSON.stringify`, a spread, `structuredClone` and a Next prop do not carry it.
 */
export interface UserMetadata<T extends TierTypes = TiersOf<Schemas>> {
  readonly userId: string;
  readonly publicMetadata: Stored<T["public"]>;
  readonly unsafeMetadata: Stored<T["unsafe"]>;
  readonly privateMetadata: Stored<T["private"]>;
  /** Root keys of `publicMetadata` that go into the user's tokens. Not enumerable. */
  readonly claims: readonly string[];
  /** Grows with each write; 0 if nothing is stored. */
  readonly version: number;
  /** ms since 1970; `null` if nothing is stored. */
  readonly createdAt: number | null;
  /** ms since 1970; `null` if nothing is stored. */
  readonly updatedAt: number | null;
}

/** One operation of a JSON Patch (RFC 6902, section 4). */
export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move" | "copy"; readonly from: string; readonly path: string };

/** What to search for. */
export interface FindOptions {
  /** The tier that `where` is about. @default "public" */
  readonly tier?: Tier | undefined;
  /**
   * What the tier must contain: each key with an equal string, number, boolean or null, or with an object that contains
   * the one given. @default {} everybody who has metadata
   */
  readonly where?: object | undefined;
  /** 1 to 500. @default 100 */
  readonly limit?: number | undefined;
  /** The `cursor` of the page before. */
  readonly cursor?: string | undefined;
}

/** A page of what was found, in the order of the user ids. */
export interface FoundUsers<T extends TierTypes = TiersOf<Schemas>> {
  readonly users: readonly UserMetadata<T>[];
  /** The users of this page whose documents cannot be read (`document_corrupt`). They count for the limit. */
  readonly corrupt: readonly string[];
  /** Gets the next page; `undefined` after the last. */
  readonly cursor: string | undefined;
}

/** How a document is moved to another user. */
export interface MoveOptions<T extends TierTypes = TiersOf<Schemas>> extends AuthorOptions {
  /**
   * What the other user gets if both have metadata: a tier that it leaves out stays as `to` has it. It must be synchronous
   * and free of effects, because after a lost swap it runs again.
   * @default each root key that `to` does not have comes from `from`, with its flag for tokens
   */
  readonly merge?: ((from: UserMetadata<T>, to: UserMetadata<T>) => MetadataReplacement<T>) | undefined;
  /** As `WriteOptions` has it. */
  readonly signal?: AbortSignal | undefined;
}

/** On what condition something is written, who writes it, and how long the caller waits. */
export interface WriteOptions extends AuthorOptions {
  /** The version that the document must have; 0: nothing may be stored. Else `version_mismatch`. */
  readonly ifVersion?: number | undefined;
  /**
   * Gives up on the write: the call rejects with the signal's reason. A write that was sent to the store by then may be
   * stored.
   */
  readonly signal?: AbortSignal | undefined;
}

/** How an update is merged, and on what condition. */
export interface UpdateOptions extends WriteOptions {
  /** @default "deep" */
  readonly merge?: "deep" | "shallow" | undefined;
}
