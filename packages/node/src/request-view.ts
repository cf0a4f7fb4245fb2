import type { IncomingMessage } from "node:http";
import {
  bodyAlreadyRead,
  bodyTooLarge,
  type RequestBody,
  type RequestView,
  requestAborted,
} from "@usermeta/core";

/** A Node request, with what a body parser of the app may have left on it. */
export type NodeRequest = IncomingMessage & { body?: unknown; rawBody?: unknown };

/** What a framework sees otherwise than Node's request has it. */
export interface SeenRequest extends Pick<RequestView, "raw" | "response"> {
  /** What the framework made of `request.url` at the mount point: the path below it, and the query. */
  readonly url?: string;
  /** What a body parser left, where the framework does not put it on the request. */
  readonly read?: unknown;
}

/**
 * Sees a Node request as the core does.
 */
export const toRequestView = (request: NodeRequest, seen: SeenRequest = {}): RequestView => {
  const { url = request.url ?? "/", read = request.rawBody ?? request.body, raw = request, response } = seen;
  const target = url.startsWith("/") ? url : toOriginForm(url);
  const at = target.indexOf("?");
  return {
    method: request.method ?? "GET",
    path: at < 0 ? target : target.slice(0, at),
    query: at < 0 ? "" : target.slice(at + 1),
    header: (name) => {
      if (request.headers[name] === undefined) return undefined;
      const { [name]: value } = isRepeated(request, name) ? request.headersDistinct : request.headers;
      return typeof value === "string" ? value : value?.join(name === "cookie" ? "; " : ", ");
    },
    body: (maxBytes) => readBody(request, read, maxBytes),
    raw,
    response,
  };
};

/**
 * Whether a header was sent twice: `headers` drops all but one, and a second Authorization must be seen to be refused.
 * `headersDistinct` has them all, but costs more. A request that the `inject` of hapi makes up has no raw ones, and
 * Next.js adds to `headers` what nobody sent.
 */
const isRepeated = ({ rawHeaders }: Partial<Pick<IncomingMessage, "rawHeaders">>, name: string): boolean => {
  let times = 0;
  for (let i = 0; rawHeaders && i < rawHeaders.length; i += 2) {
    const raw = rawHeaders[i] as string;
    if (raw.length === name.length && raw.toLowerCase() === name) times += 1;
  }
  return times > 1;
};

/** A proxy's absolute target (RFC 9112, section 3.2.2) as a path. */
const toOriginForm = (target: string): string => {
  const { pathname, search } = URL.canParse(target) ? new URL(target) : { pathname: target, search: "" };
  return pathname + search;
};

const readBody = async (request: IncomingMessage, read: unknown, maxBytes: number): Promise<RequestBody> => {
  // A parser leaves {} for an empty body; only what was read is a body.
  if (!request.readableDidRead) return request.readableEnded ? "" : await readStream(request, maxBytes);
  if (read instanceof Uint8Array || typeof read === "string") return limitBody(read, maxBytes);
  if (read === undefined && hasBody(request)) throw bodyAlreadyRead();
  return { parsed: read };
};

/** A body that is there as a whole. @throws UserMetadataError `body_too_large` */
export const limitBody = <B extends Uint8Array | string>(body: B, maxBytes: number): B => {
  if (Buffer.byteLength(body) > maxBytes) throw bodyTooLarge(maxBytes);
  return body;
};

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;

const readStream = (request: IncomingMessage, maxBytes: number): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const refuse = (): void => {
      // What still comes is let go unread, so that the client sees the answer.
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
    // Node says "close" after every request; an error is made only for one that was cut off.
    request.on("close", () => request.readableEnded || reject(requestAborted()));
  });
