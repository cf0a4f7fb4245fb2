import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { connect as connectTcp } from "node:net";
import { Readable } from "node:stream";
import type { HttpContext } from "./contract.ts";

/** A request as it goes over a connection. */
export interface WireRequest {
  readonly method: string;
  /** The path and the query, which HTTP/2 has in `:path`. */
  readonly target: string;
  /** Sent in this order, repetitions included. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array> | undefined;
}

/** What came back. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/** One connection for each server, as a browser has. */
const sessions = new Map<string, ClientHttp2Session>();

/** The cases send what a good client does not: one field twice. The types of Node do not have it for a client. */
const LENIENT = { strictSingleValueFields: false };

const sessionOf = ({ origin }: HttpContext): ClientHttp2Session => {
  const known = sessions.get(origin);
  if (known && !known.closed && !known.destroyed) return known;
  const made = connect(origin, { settings: { enablePush: false }, ...LENIENT });
  // Each of its streams tells of the error too.
  made.on("error", () => {});
  sessions.set(origin, made);
  return made;
};

/** Ends the connection to a server, which then can stop. */
export const closeHttp2 = ({ origin }: HttpContext): void => {
  sessions.get(origin)?.destroy();
  sessions.delete(origin);
};

/** What belongs to a connection of HTTP/1.1 (RFC 9113, section 8.2.2). */
const NOT_IN_HTTP2: ReadonlySet<string> = new Set(["connection", "host", "transfer-encoding"]);

/** A browser sends each cookie as a field of its own (RFC 9113, section 8.2.3). */
const toFields = ([given, value]: readonly [name: string, value: string]): string[] => {
  const name = given.toLowerCase();
  if (NOT_IN_HTTP2.has(name)) return [];
  return name === "cookie" ? value.split("; ").flatMap((crumb) => [name, crumb]) : [name, value];
};

/** The head of a request; `:authority` is in the place of Host. */
const toHead = ({ origin }: HttpContext, { method, target, headers }: WireRequest): string[] => {
  const pseudo = [":method", method, ":scheme", "http", ":authority", new URL(origin).host];
  return [...pseudo, ":path", target, ...headers.flatMap(toFields)];
};

/** Sends the head of a request. */
export const openStream = (
  context: HttpContext,
  request: WireRequest,
  signal?: AbortSignal,
): ClientHttp2Stream =>
  sessionOf(context).request(toHead(context, request), { endStream: false, ...(signal && { signal }) });

/** Sends the head and a part of the body on a connection of its own, and cuts that: a stream that Node closes has ended. */
export const cutOff = async (context: HttpContext, request: WireRequest): Promise<void> => {
  const { hostname, port } = new URL(context.origin);
  const socket = connectTcp(Number(port), hostname);
  const session = connect(context.origin, { createConnection: () => socket });
  const stream = session.on("error", () => {}).request(toHead(context, request), { endStream: false });
  await new Promise((resolve) => stream.on("error", resolve).write(request.body, resolve));
  const gone = once(session, "close");
  socket.destroy();
  await gone;
};

const toHeaders = (fields: Readonly<Record<string, string | string[] | number | undefined>>): Headers => {
  const headers = new Headers();
  for (const [name, values] of Object.entries(fields)) {
    if (name.startsWith(":")) continue;
    for (const value of [values ?? []].flat()) headers.append(name, String(value));
  }
  return headers;
};

/** Resolves to the answer, read to its end. */
export const readStream = async (stream: ClientHttp2Stream): Promise<WireAnswer> => {
  const head = new Promise<{ status: number; headers: Headers }>((resolve, reject) => {
    stream.once("response", (fields) =>
      resolve({ status: Number(fields[":status"]), headers: toHeaders(fields) }),
    );
    stream.once("error", reject);
    stream.once("close", () => reject(new Error("The stream ended without an answer.")));
  });
  const { status, headers } = await head;
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return { status, headers, bytes: Buffer.concat(chunks) };
};

/** Sends a request by HTTP/2. */
export const exchange = async (
  context: HttpContext,
  request: WireRequest,
  signal: AbortSignal,
): Promise<WireAnswer> => {
  const { body } = request;
  const stream = openStream(context, request, signal);
  const answer = readStream(stream);
  // A server that refuses a body may end the stream before all of it is sent.
  if (body instanceof ReadableStream) Readable.fromWeb(body as never).pipe(stream);
  else stream.end(body);
  return answer;
};

/** Gives a request up, as a browser does with a page that is left: the connection stays. */
export const cancel = async (stream: ClientHttp2Stream): Promise<void> => {
  if (stream.closed && stream.destroyed) return;
  const gone = new Promise<void>((resolve) => stream.once("close", () => resolve()));
  stream.on("error", () => {}).close(constants.NGHTTP2_CANCEL);
  await gone;
};
