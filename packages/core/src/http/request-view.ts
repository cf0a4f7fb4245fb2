/**
 * A body as an adapter found it: its bytes, its text, or, where the app's own parser has read it already, the
 * parsed value.
 */
export type RequestBody = Uint8Array | string | { readonly parsed: unknown };

/** An HTTP request as the core sees it. An adapter makes one from its framework's request; nothing is copied. */
export interface RequestView {
  /** The method in upper case. */
  readonly method: string;
  /** The path below the mount point, percent-encoded as it was sent, without the query: `/users/jane%40example.com/metadata`. */
  readonly path: string;
  /** The query without its `?`; `""` where there is none. */
  readonly query: string;
  /** A header by its lower-case name. Repeated headers are joined by `", "`, repeated cookies by `"; "`. */
  header(name: string): string | undefined;
  /**
   * Reads the body, once.
   * @throws UserMetadataError `body_too_large` beyond `maxBytes`, `request_aborted` where the client went away,
   * `body_already_read` where something consumed the stream and left no parsed body.
   */
  body(maxBytes: number): Promise<RequestBody>;
}
