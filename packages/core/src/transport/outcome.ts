import type { UserMetadataError } from "../errors.ts";

/** An HTTP answer as the core decides it. An adapter sends exactly these headers and this body. */
export interface Outcome {
  readonly status: number;
  /** Lower-case names. A list is sent as that many headers of the name. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** The body, to be sent as UTF-8; `undefined` if there is none. For a HEAD request, the body that GET would have. */
  readonly body: string | undefined;
  /** The failure behind a status of 500 and above: for the framework's error channel and log, never for the client. */
  readonly error?: UserMetadataError;
}
