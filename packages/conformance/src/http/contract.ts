import type { createUserMetadata } from "@usermeta/core";
import type { Tokens } from "./tokens.ts";

/** The engine that the cases write through and look into. */
export type HttpEngine = ReturnType<typeof createUserMetadata>;

/** How an app is to mount the adapter for one group of cases. */
export interface HttpMount {
  /** Where the routes are mounted: `""` is the root. */
  readonly prefix: "" | "/auth";
  /** Whether the framework's own JSON body parser stands before the adapter and the app's own routes. */
  readonly bodyParser: boolean;
}

/** An app that listens. */
export interface RunningApp {
  /** Its origin: `http://127.0.0.1:40001`, with no path. */
  readonly url: string;
  /** Stops it; resolves when its port is free. */
  close(): Promise<void>;
}

/**
 * Starts the framework's app on 127.0.0.1, port 0. The app has, besides the adapter mounted below `mount.prefix`:
 *
 * - `POST /own`, guarded by the adapter's `verifySession`, which answers
 *   `{"userId": session.getUserId(), "tenantId": session.getTenantId()}`;
 * - `GET /own-optional`, guarded with `{required: false}`, which answers `{"userId": string | null}`;
 * - `GET /own-metadata`, guarded, which answers `{"version": number}` of `metadata.getUserMetadata(session.getUserId())`,
 *   and leaves its failure to the framework;
 * - for everything else a 404 with the body `app 404`.
 *
 * The own routes are never below the prefix.
 */
export type StartHttpApp = (metadata: HttpEngine, mount: HttpMount) => Promise<RunningApp>;

/**
 * What a platform may lack, so that a case cannot be asked of it:
 *
 * - `abort`: it sees a request before its body has come, so a client can go away in the middle of one;
 * - `bodyParser`: it has a JSON body parser of its own, which an app may put before the adapter;
 * - `disconnect`: it tells that a client has gone, also when its whole request has come;
 * - `http1`: it speaks HTTP/1.1, whose requests can have what those of HTTP/2 cannot;
 * - `fallback`: what the adapter passes on reaches another handler of the app;
 * - `ownRoutes`: an app has routes of its own beside the adapter's;
 * - `rawHeaders`: it hands on each of a header's repetitions;
 * - `rawTarget`: it hands on the request target as it was sent (double slashes, absolute form).
 */
export type HttpCapability =
  | "abort"
  | "bodyParser"
  | "disconnect"
  | "fallback"
  | "http1"
  | "ownRoutes"
  | "rawHeaders"
  | "rawTarget";

/** The apps of the suite; `failing` is at the root, as `root` is, and its engine soon gives up on a store that fails. */
export type HttpMountName = "root" | "prefix" | "parsed" | "failing";

/** Reads of one user's document that wait until they are let go on. */
export interface Hold {
  /** Resolves when the store has been asked for the document. */
  readonly asked: Promise<void>;
  release(): void;
}

/** What a case is given. */
export interface HttpContext {
  readonly engine: HttpEngine;
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  /** Whether the requests go by HTTP/2. */
  readonly http2: boolean;
  /** The mount's prefix, before every path of the contract. */
  readonly prefix: string;
  /** Signs tokens, good and bad. */
  readonly tokens: Tokens;
  /** Lets the store hang for a user. */
  hold(userId: string): Hold;
}

/** One demand of the contract: it resolves if the adapter meets it, and otherwise rejects with what was seen. */
export interface HttpCase {
  /** Unique, and the name by which a skip names it. */
  readonly name: string;
  /** @default "root" */
  readonly mount?: HttpMountName;
  /** What the platform must have for the case to make sense. */
  readonly needs?: HttpCapability | readonly HttpCapability[];
  run(context: HttpContext): Promise<void>;
}
