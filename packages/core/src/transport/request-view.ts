/**
 * A body as an adapter found it: its bytes, its text, or, if the app's own parser has read it already, the
 * parsed value.
 */
export type RequestBody = Uint8Array | string | { readonly parsed: unknown };

/**
 * The answer that will be made to a request, whoever makes it: a session may have headers of its own to send, such as
 * a refreshed token. Node's `ServerResponse` is one.
 */
export interface ResponseHeaders {
  /** Sets a header, in the place of any of its name. */
  setHeader(name: string, value: string): unknown;
  /** Sends one more header of the name: a cookie, or a member of a list. */
  appendHeader(name: string, value: string): unknown;
}

/** Whom a route lets through: the user of a session, or an admin key by its place in `adminKeys`. */
export type Caller = { readonly userId: string } | { readonly adminKey: number };

/** An HTTP request as the core sees it. An adapter makes one from its framework's request; nothing is copied. */
export interface RequestView {
  /** The method in upper case. */
  readonly method: string;
  /** The path below the mount point, percent-encoded as it was sent, without the query: `/users/jane%40example.com/metadata`. */
  readonly path: string;
  /** The query without its `?`; `""` if there is none. */
  readonly query: string;
  /** A header by its lower-case name. Repeated headers are joined by `", "`, repeated cookies by `"; "`. */
  header(name: string): string | undefined;
  /**
   * Reads the body, once.
   * @throws UserMetadataError `body_too_large` beyond `maxBytes`, `request_aborted` if the client went away,
   * `body_already_read` if something consumed the stream and left no parsed body.
   */
  body(maxBytes: number): Promise<RequestBody>;
  /** Whether the request came over TLS, as far as the adapter can see. A proxy may have ended it. */
  readonly isSecure?: boolean | undefined;
  /** Aborted when the client goes away, if the adapter can tell. */
  readonly signal?: AbortSignal | undefined;
  /** What the framework has for a request, where an app's own middleware may have left its session as `session`. */
  readonly raw?: object | undefined;
  /** Where a session verifier sends headers of its own; without it none can be sent. */
  readonly response?: ResponseHeaders | undefined;
  /** Told who is calling, once that is verified and before the route does anything: for a rate limit. What it throws is the answer. */
  readonly admit?: ((caller: Caller) => void | Promise<void>) | undefined;
}
