import type {
  JsonObject,
  MetadataPatch,
  MetadataReplacement,
  OwnHistoryPage,
  UserMetadata,
} from "@usermeta/core";
import type { MetadataClientError } from "./errors.ts";

/** The types of the two tiers that a user sees: `TiersOf<typeof schemas>` of `@usermeta/core` is one. */
export interface ClientTiers {
  public: object;
  unsafe: object;
}

/** The tiers of an app without schemas. */
export interface AnyTiers extends ClientTiers {
  public: JsonObject;
  unsafe: JsonObject;
}

// What of T is private is left out here, so that no type of this package has it.
type Seen<T extends ClientTiers> = { public: T["public"]; private: never; unsafe: T["unsafe"] };

/** A user's own view of the metadata, as `GET /metadata` answers it. */
export type UserView<T extends ClientTiers = AnyTiers> = Pick<
  UserMetadata<Seen<T>>,
  "userId" | "publicMetadata" | "unsafeMetadata" | "version" | "createdAt" | "updatedAt"
>;

/**
 * What there is to show. A new object if anything in it has changed, otherwise the same one; so is each tier in it until
 * something in that tier changes.
 */
export interface MetadataSnapshot<T extends ClientTiers = AnyTiers> {
  /** Whether it is known who is signed in, and what they have. */
  readonly isLoaded: boolean;
  /** `undefined` until it is known. */
  readonly isSignedIn: boolean | undefined;
  /** Whether a change is not confirmed yet. `unsafeMetadata` has it already. */
  readonly isSaving: boolean;
  /** Why the last call failed; gone when the next one begins. */
  readonly error: MetadataClientError | undefined;
  /** `undefined` if nobody is signed in. */
  readonly userId: string | undefined;
  /** Empty if nobody is signed in. */
  readonly publicMetadata: UserView<T>["publicMetadata"];
  /** With the changes that are under way. Empty if nobody is signed in. */
  readonly unsafeMetadata: UserView<T>["unsafeMetadata"];
  /** The version that the server last reported; 0 if nothing is stored. */
  readonly version: number;
  /** ms since 1970; `null` if nothing is stored. */
  readonly createdAt: number | null;
  /** ms since 1970; `null` if nothing is stored. */
  readonly updatedAt: number | null;
}

/** Where the routes are, and who is calling. */
export interface ClientOptions {
  /** Where the metadata routes are mounted: `"/auth"`, or with an origin `"https://api.example.com/auth"`. */
  readonly baseUrl: string;
  /**
   * The access token of now; nothing if nobody is signed in. It is asked before each request and is sent to the
   * origin of `baseUrl` alone. Leave it out if the session is a cookie.
   */
  readonly getToken?: (() => string | null | undefined | Promise<string | null | undefined>) | undefined;
  /**
   * Makes `getToken`, or the cookie, have a fresh token. Called after a write that changed what the token says, and
   * once for a request that was refused for its token, which is then sent again.
   */
  readonly refreshToken?: (() => unknown) | undefined;
  /** For a session cookie of another origin: `"include"`. @default "same-origin" */
  readonly credentials?: "omit" | "same-origin" | "include" | undefined;
  /** How often a request that found no server, or a busy one, is sent again. @default 3 */
  readonly retries?: number | undefined;
  /** How long before the first of them; each waits twice as long as the one before it, less a random part. @default 300 */
  readonly retryDelayMs?: number | undefined;
  /** How long to wait for an answer before it counts as a network failure. @default 10000 */
  readonly timeoutMs?: number | undefined;
}

/** Of a single call. */
export interface CallOptions {
  /** Gives up on the call. What was sent already may be stored anyway. */
  readonly signal?: AbortSignal | undefined;
}

/** Which entries of the history to read. */
export interface HistoryCallOptions extends CallOptions {
  /** 1 to 500. @default 50 */
  readonly limit?: number | undefined;
  /** The `cursor` of the page before. */
  readonly cursor?: string | undefined;
}

/** One user's metadata in a browser: a store that React and others can subscribe to. */
export interface UserMetadataClient<T extends ClientTiers = AnyTiers> {
  /**
   * Reads what the server has: at the start, after somebody signed in or out, and when the server may have changed
   * it. Resolves if nobody is signed in too. Calls of the same moment share one request.
   * @throws MetadataClientError
   */
  load(options?: CallOptions): Promise<MetadataSnapshot<T>>;
  /**
   * Merges into the unsafe tier, deeply, as RFC 7396 does; `null` removes a key. Shown at once, and taken back if it
   * fails. On a document that somebody else has changed meanwhile it is sent again, on top of theirs.
   * @throws MetadataClientError
   */
  update(patch: MetadataPatch<T["unsafe"]>, options?: CallOptions): Promise<MetadataSnapshot<T>>;
  /**
   * Replaces the unsafe tier. Shown at once, and taken back if it fails.
   * @throws MetadataClientError `version_mismatch` if somebody else has changed it since it was read
   */
  replace(
    unsafeMetadata: NonNullable<MetadataReplacement<Seen<T>>["unsafeMetadata"]>,
    options?: CallOptions,
  ): Promise<MetadataSnapshot<T>>;
  /**
   * Reads who wrote what, the newest first, if the server keeps a history. It is not part of the snapshot.
   * @throws MetadataClientError
   */
  history(options?: HistoryCallOptions): Promise<OwnHistoryPage>;
  /** What there is to show now. */
  getSnapshot(): MetadataSnapshot<T>;
  /**
   * Calls the listener after each change of the snapshot, until the function it returns is called. While there is one, a
   * browser's tab catches up with the server when it gets the focus, and when another tab has seen a newer version.
   */
  subscribe(listener: () => void): () => void;
  /**
   * `fetch` with the session, for the app's own routes at the origin of `baseUrl`; a path begins there. A 401 for an
   * old token (`token_stale`, `token_expired`) is sent again once, with a fresh one. Nothing else is sent twice.
   * @throws MetadataClientError `url_refused` for another origin, `token_unavailable`; what `fetch` throws
   */
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  /** Takes over what a server has rendered with; `null`: nobody is signed in. Ignored if it is older than what is known. */
  hydrate(view: UserView<T> | null): void;
  /** Forgets everything and gives up on what is under way: for a change from one account to another. `load` comes next. */
  reset(): void;
}
