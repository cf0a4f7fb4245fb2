import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { TLSSocket } from "node:tls";
import {
  bodyAlreadyRead,
  bodyTooLarge,
  type RequestBody,
  type RequestView,
  type ResponseHeaders,
  requestAborted,
  UserMetadataError,
} from "@usermeta/core";
import { isHttp2, signalOf } from "./signal.ts";

/** A Node request of HTTP/1.1 or HTTP/2, with the body that a body parser of the app may have put on it. */
export type NodeRequest = (IncomingMessage | Http2ServerRequest) & { body?: unknown; rawBody?: unknown };

/** What a framework knows better than Node's request does. */
export interface SeenRequest extends Pick<RequestView, "raw" | "response" | "admit"> {
  /** In upper case. @default request.method */
  readonly method?: string;
  /** The path below the mount point, and the query. @default request.url */
  readonly url?: string;
  /** The body that a body parser has read. @default request.rawBody, or else request.body */
  readonly read?: unknown;
}

/**
 * Sees a Node request as the core does.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import type { AddressInfo } from "node:net";
 * import { toRequestView } from "@usermeta/node";
 *
 * const server = createServer(async (request, response) => {
 *   const { method, path, query } = toRequestView(request);
 *   response.end(JSON.stringify([method, path, query]));
 * }).listen(3000, async () => {
 *   const { port } = server.address() as AddressInfo;
 *   const response = await fetch(`http://127.0.0.1:${port}/metadata?limit=1`);
 *   console.log(await response.json()); // [ "GET", "/metadata", "limit=1" ]
 *   server.close();
 * });
 * ```
 */
export const toRequestView = (request: NodeRequest, seen: SeenRequest = {}): RequestView =>
  new NodeRequestView(request, seen);

class NodeRequestView implements RequestView {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly raw: object;
  readonly response: ResponseHeaders | undefined;
  readonly admit: RequestView["admit"];
  readonly #request: IncomingMessage;
  readonly #read: unknown;

  constructor(request: NodeRequest, seen: SeenRequest) {
    const {
      method = request.method ?? "GET",
      url = request.url ?? "/",
      raw = request,
      response,
      admit,
    } = seen;
    const { read = request.rawBody ?? request.body } = seen;
    const target = url.startsWith("/") ? url : toOriginForm(url);
    const at = target.indexOf("?");
    this.method = method;
    this.path = at < 0 ? target : target.slice(0, at);
    this.query = at < 0 ? "" : target.slice(at + 1);
    this.raw = raw;
    this.response = response;
    this.admit = admit;
    // Of HTTP/2, it has all that is used here.
    this.#request = request as IncomingMessage;
    this.#read = read;
  }

  get isSecure(): boolean {
    return (this.#request.socket as Partial<TLSSocket> | undefined)?.encrypted === true;
  }

  get signal(): AbortSignal | undefined {
    return signalOf(this.#request);
  }

  header(name: string): string | undefined {
    const { headers, rawHeaders } = this.#request;
    // In HTTP/2 this counts, and Host may be missing (RFC 9113, section 8.3.1).
    if (name === "host" && headers[":authority"] !== undefined) return String(headers[":authority"]);
    if (name === "content-encoding" && isRead(this.#request, this.#read)) return undefined;
    if (headers[name] === undefined) return undefined;
    const value = repeated(rawHeaders, name) ?? headers[name];
    return typeof value === "string" ? value : value?.join(name === "cookie" ? "; " : ", ");
  }

  body(maxBytes: number): Promise<RequestBody> {
    return readBody(this.#request, this.#read, maxBytes);
  }
}

/** Whether the app's parser has read the body. It has decoded it too: a Content-Encoding is that of what was sent. */
const isRead = (request: IncomingMessage, read: unknown): boolean =>
  request.readableDidRead && read !== undefined;

/**
 * The values of a header that was sent more than once. `headers` keeps one of them, but a second Authorization must be
 * seen to be refused; and `headersDistinct`, which has all, is not there in HTTP/2. A request from hapi's `inject` has
 * no `rawHeaders`, and Next.js adds headers to `headers` that nobody sent.
 */
const repeated = (raw: readonly string[] | undefined, name: string): string[] | undefined => {
  let first: string | undefined;
  let all: string[] | undefined;
  for (let i = 0; raw && i < raw.length; i += 2) {
    const each = raw[i] as string;
    if (each.length !== name.length || each.toLowerCase() !== name) continue;
    if (first === undefined) first = raw[i + 1] as string;
    else all = [...(all ?? [first]), raw[i + 1] as string];
  }
  return all;
};

/** The path and the query of an absolute target, which a proxy sends (RFC 9112, section 3.2.2). */
const toOriginForm = (target: string): string => {
  const { pathname, search } = URL.canParse(target) ? new URL(target) : { pathname: target, search: "" };
  return pathname + search;
};

const readBody = async (request: IncomingMessage, read: unknown, maxBytes: number): Promise<RequestBody> => {
  // A parser leaves {} if there was no body, so `read` counts only if the stream was read.
  if (!request.readableDidRead) return request.readableEnded ? "" : await readStream(request, maxBytes);
  if (read instanceof Uint8Array || typeof read === "string") return limitBody(read, maxBytes);
  if (read === undefined && hasBody(request)) throw bodyAlreadyRead();
  if (isEmptyObject(read) && request.headers["content-length"] === MARK_LENGTH) throw nothingOrEmpty();
  return { parsed: read };
};

/** The length of a byte order mark in UTF-8. Parsers take it away, and make `{}` of the nothing that is left. */
const MARK_LENGTH = "3";

const isEmptyObject = (read: unknown): boolean =>
  typeof read === "object" && read !== null && !Array.isArray(read) && Object.keys(read).length === 0;

const nothingOrEmpty = (): UserMetadataError =>
  new UserMetadataError(
    "body_missing",
    "The body is a byte order mark, or {} and a space. Send {} alone, or let usermeta read the bytes.",
  );

/**
 * Returns a body that is in memory as a whole, if it is not too long.
 * @throws UserMetadataError `body_too_large`
 *
 * @example
 * ```ts
 * import { UserMetadataError } from "@usermeta/core";
 * import { limitBody } from "@usermeta/node";
 *
 * try {
 *   limitBody("0123456789", 8);
 * } catch (error) {
 *   console.log(UserMetadataError.is(error) && error.code); // body_too_large
 * }
 * ```
 */
export const limitBody = <B extends Uint8Array | string>(body: B, maxBytes: number): B => {
  if (Buffer.byteLength(body) > maxBytes) throw bodyTooLarge(maxBytes);
  return body;
};

const hasBody = (request: IncomingMessage): boolean =>
  isHttp2(request)
    ? !request.stream.endAfterHeaders
    : request.headers["transfer-encoding"] !== undefined ||
      Number(request.headers["content-length"] ?? 0) > 0;

const readStream = (request: IncomingMessage, maxBytes: number): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const refuse = (): void => {
      // The rest is read and dropped, so that the client sees the answer.
      request.off("data", take).resume();
      reject(bodyTooLarge(maxBytes));
    };
    const chunks: Buffer[] = [];
    let size = 0;
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > maxBytes) refuse();
      else chunks.push(chunk);
    };
    if (Number(request.headers["content-length"] ?? 0) > maxBytes) {
      refuse();
      return;
    }
    request.on("data", take);
    request.on("end", () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    request.on("error", () => reject(requestAborted()));
    // Node emits "close" after every request; only one that was cut off is an error.
    request.on("close", () => request.readableEnded || reject(requestAborted()));
  });
