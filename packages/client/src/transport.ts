/** Requests as the wire wants them, with patience: a server that is away or busy is asked again. */
import { browser } from "./browser.ts";
import { type ClientErrorCode, codeOf, MetadataClientError } from "./errors.ts";
import type { ClientSession } from "./session.ts";
import type { ClientOptions } from "./types.ts";

/** A request. Each can be repeated: a read changes nothing, and a write holds for one version alone. */
export interface Call {
  readonly method: "GET" | "PATCH" | "PUT";
  /** Behind `/metadata`. @default "" */
  readonly rest?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** Sends a request; resolves to the JSON of a 200, or to `undefined` for a 304. It @throws MetadataClientError */
export type Transport = (call: Call) => Promise<unknown>;

/** A busy server, or a proxy before one that is being replaced. */
const TRANSIENT: readonly number[] = [429, 502, 503, 504];
const MAX_WAIT_MS = 30_000;

export const createTransport = (options: ClientOptions, session: ClientSession): Transport => {
  const { credentials = "same-origin", retries = 3, retryDelayMs = 300, timeoutMs = 10_000 } = options;
  const url = `${options.baseUrl.replace(/\/+$/, "")}/metadata`;

  const attempt = async ({ signal, rest = "", ...call }: Call): Promise<unknown> => {
    const headers = await session.authorize(call.headers, true);
    if (signal.aborted) throw aborted(signal, false);
    const isWrite = call.method !== "GET";
    try {
      const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const response = await fetch(url + rest, { ...call, headers, credentials, signal: within });
      if (response.status === 304) return undefined;
      const json = parse(await response.text());
      if (response.ok && json) return json;
      throw toError(response, json, isWrite && response.status >= 500);
    } catch (cause) {
      if (cause instanceof MetadataClientError) throw cause;
      throw signal.aborted ? aborted(signal, isWrite) : networkFailed(url, cause, isWrite);
    }
  };

  return async (call) => {
    let refreshed = false;
    let outcomeUnknown = false;
    for (let tried = 0; ; ) {
      try {
        await online(call.signal);
        return await attempt(call);
      } catch (error) {
        if (!(error instanceof MetadataClientError)) throw error;
        outcomeUnknown ||= error.outcomeUnknown;
        if (!refreshed && session.isWorthRefresh(error)) {
          refreshed = true;
          await session.refresh();
        } else if (isTransient(error) && tried < retries) {
          await pause(waitMs(error, retryDelayMs * 2 ** tried++), call.signal);
        } else throw withOutcome(error, outcomeUnknown);
      }
    }
  };
};

const isTransient = ({ code, status }: MetadataClientError): boolean =>
  code === "network_failed" || TRANSIENT.includes(status);

const parse = (text: string): Record<string, unknown> | undefined => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const toError = (
  { url, status, headers }: Response,
  json: Record<string, unknown> | undefined,
  outcomeUnknown: boolean,
): MetadataClientError => {
  const { detail, message, details } = json ?? {};
  const code = codeOf(status, json);
  const retryAfterMs = Number(headers.get("retry-after")) * 1000 || undefined;
  const options = { status, details, retryAfterMs, outcomeUnknown };
  if (code)
    return new MetadataClientError(code as ClientErrorCode, String(detail ?? message ?? code), options);
  const unexpected = `${url} answered ${status} without metadata. Is baseUrl where the routes are mounted?`;
  return new MetadataClientError("answer_unexpected", unexpected, options);
};

const networkFailed = (url: string, cause: unknown, outcomeUnknown: boolean): MetadataClientError => {
  const message = `${url} cannot be reached. Check the connection, then try again.`;
  return new MetadataClientError("network_failed", message, { cause, outcomeUnknown });
};

const aborted = ({ reason: cause }: AbortSignal, outcomeUnknown: boolean): MetadataClientError =>
  new MetadataClientError("aborted", "The app gave up on the call.", { cause, outcomeUnknown });

/** The error, and that an earlier try may have been stored. */
const withOutcome = (error: MetadataClientError, outcomeUnknown: boolean): MetadataClientError =>
  outcomeUnknown === error.outcomeUnknown
    ? error
    : new MetadataClientError(error.code, error.message, { ...error, cause: error.cause, outcomeUnknown });

/** How long to wait before a request is sent again: as long as the server asks, or our backoff if that is longer. */
export const waitMs = (
  { retryAfterMs = 0 }: { readonly retryAfterMs: number | undefined },
  backoffMs: number,
): number => Math.min(Math.max(backoffMs * (0.5 + Math.random() / 2), retryAfterMs), MAX_WAIT_MS);

/** Both resolve early if the call is given up: what comes next then fails. */
const pause = (ms: number, signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
    signal.addEventListener("abort", resolve, { once: true });
  });

const online = (signal: AbortSignal): Promise<unknown> | undefined => {
  if (browser.navigator?.onLine !== false || signal.aborted) return undefined;
  return new Promise((resolve) => {
    browser.addEventListener?.("online", resolve, { once: true });
    signal.addEventListener("abort", resolve, { once: true });
  });
};
