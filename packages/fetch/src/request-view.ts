import {
  bodyAlreadyRead,
  bodyTooLarge,
  type RequestView,
  type ResponseHeaders,
  requestAborted,
} from "@usermeta/core";

/**
 * Sees a `Request` as the core does. `response` is where a session sets headers of the answer.
 *
 * @example
 * ```ts
 * import { toRequestView } from "@usermeta/fetch";
 *
 * const { method, path, query } = toRequestView(new Request("https://my-app.example/metadata?limit=1"));
 * console.log(method, path, query); // GET /metadata limit=1
 * ```
 */
export const toRequestView = (request: Request, response?: ResponseHeaders): RequestView => {
  const { isSecure, authority, path, query } = splitUrl(request.url);
  return {
    method: request.method,
    path,
    query,
    isSecure,
    // HTTP/2 may have no Host: the authority takes its place (RFC 9113, section 8.3.1).
    header: (name) => request.headers.get(name) ?? (name === "host" ? authority : undefined),
    body: (maxBytes) => readBody(request, maxBytes),
    // Asked for late, because some servers make it only then.
    get signal() {
      return request.signal;
    },
    raw: request,
    response,
  };
};

/** Not by `new URL()`, which costs more than all the rest here, and normalises the path that the client sent. */
const splitUrl = (url: string) => {
  const [, scheme, authority = "", path = "", query = ""] =
    /^([^:/?#]+):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?/.exec(url) ?? [];
  return { isSecure: scheme === "https", authority, path: path || "/", query };
};

const readBody = async (request: Request, maxBytes: number): Promise<Uint8Array> => {
  if (request.bodyUsed) throw bodyAlreadyRead();
  const length = request.headers.get("content-length");
  // Checked before `request.body` is touched, because that alone makes a server begin to read.
  if (Number(length) > maxBytes) throw bodyTooLarge(maxBytes);
  return length === null || request.headers.has("transfer-encoding")
    ? readStream(request, maxBytes)
    : readWhole(request, maxBytes);
};

/** Reads a body that the server cuts at its Content-Length. On Node, a stream costs more than all the rest here. */
const readWhole = async (request: Request, maxBytes: number): Promise<Uint8Array> => {
  const body = await request.arrayBuffer().catch((cause) => {
    throw request.bodyUsed ? requestAborted(cause) : bodyAlreadyRead();
  });
  if (body.byteLength > maxBytes) throw bodyTooLarge(maxBytes);
  return new Uint8Array(body);
};

const readStream = async ({ body }: Request, maxBytes: number): Promise<Uint8Array> => {
  if (body?.locked) throw bodyAlreadyRead();
  return body ? concat(await readChunks(body.getReader(), maxBytes)) : new Uint8Array();
};

type Reader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

const readChunks = async (reader: Reader, maxBytes: number): Promise<readonly Uint8Array<ArrayBuffer>[]> => {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let size = 0; ; ) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw requestAborted(cause);
    });
    if (done) return chunks;
    size += value.byteLength;
    if (size > maxBytes) {
      // If the client goes away meanwhile: the request is already refused.
      discard(reader).catch(() => {});
      throw bodyTooLarge(maxBytes);
    }
    chunks.push(value);
  }
};

/** Reads the rest and drops it. Cancelling would close the connection before the client has seen the answer. */
const discard = async (reader: Reader): Promise<void> => {
  while (!(await reader.read()).done);
};

const concat = async (chunks: readonly Uint8Array<ArrayBuffer>[]): Promise<Uint8Array> =>
  chunks[0] && chunks.length === 1 ? chunks[0] : new Uint8Array(await new Blob([...chunks]).arrayBuffer());
