import assert from "node:assert/strict";
import { ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import type { ClientHttp2Stream } from "node:http2";
import type { HttpContext } from "./contract.ts";
import { ADMIN_KEY, PRIVATE_MARKER } from "./fixtures.ts";
import {
  cancel,
  cutOff,
  exchange,
  openStream,
  readStream,
  type WireAnswer,
  type WireRequest,
} from "./http2-client.ts";

/** What a case sends as a good client does: through `fetch`, or by HTTP/2. */
export interface HttpRequest {
  /** @default "GET" */
  readonly method?: string;
  /** Below the mount. */
  readonly path: string;
  /** A bearer token, or the suite's admin key. */
  readonly bearer?: string;
  /** The `Content-Type`; none is sent if it is left out. */
  readonly type?: string;
  /** Bytes, text, chunks with no `Content-Length`, or a value that is sent as JSON. */
  readonly body?: Uint8Array | string | ReadableStream<Uint8Array> | { readonly json: unknown };
  readonly headers?: Readonly<Record<string, string>>;
  /** Sends the path as it is: not below the mount's prefix. */
  readonly own?: boolean;
  /** Whether this request is made to fail on the server's side: for all others a 5xx is a failure of the case. */
  readonly mayFail?: boolean;
}

/** What a case sends as it stands, header by header. */
export interface RawRequest {
  readonly method: string;
  /** The request target as it goes into the request line. */
  readonly target: string;
  /** Sent in this order, repetitions included; `Host` and `Connection` are added for HTTP/1.1. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Sent with its `Content-Length`. */
  readonly body?: string;
}

/** An answer, read to its end. */
export interface HttpAnswer extends WireAnswer {
  readonly text: string;
}

type Body = Exclude<HttpRequest["body"], { readonly json: unknown }>;

const bodyOf = (body: HttpRequest["body"]): Body => {
  if (body === undefined || typeof body === "string") return body;
  return "json" in body ? JSON.stringify(body.json) : body;
};

const headersOf = (request: HttpRequest): Record<string, string> => ({
  ...(request.bearer === undefined ? {} : { authorization: `Bearer ${request.bearer}` }),
  ...(request.type === undefined ? {} : { "content-type": request.type }),
  ...request.headers,
});

const encoder = new TextEncoder();

/** A request with no answer by then is a failure, which says more than the runner's own time limit. */
const ANSWER_WITHIN_MS = 5_000;

const initOf = (request: HttpRequest): RequestInit => {
  const body = bodyOf(request.body);
  const base = {
    method: request.method ?? "GET",
    headers: headersOf(request),
    redirect: "manual" as const,
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  };
  if (body === undefined) return base;
  // Bytes rather than text: fetch would give text a Content-Type of its own.
  if (body instanceof ReadableStream) return { ...base, body, duplex: "half" };
  return {
    ...base,
    body: (typeof body === "string" ? encoder.encode(body) : body) as Uint8Array<ArrayBuffer>,
  };
};

const byFetch = async (url: string, request: HttpRequest): Promise<WireAnswer> => {
  const response = await fetch(url, initOf(request));
  const { status, headers } = response;
  return { status, headers, bytes: new Uint8Array(await response.arrayBuffer()) };
};

const lengthOf = (body: Body): readonly (readonly [string, string])[] =>
  body === undefined || body instanceof ReadableStream
    ? []
    : [["content-length", String(Buffer.byteLength(body))]];

/** The same request as `fetch` would send it. */
const toWire = (url: string, request: HttpRequest): WireRequest => {
  const { pathname, search } = new URL(url);
  const body = bodyOf(request.body);
  const headers = [...Object.entries(headersOf(request)), ...lengthOf(body)];
  return { method: request.method ?? "GET", target: pathname + search, headers, body };
};

const checkNoFailure = ({ status, text }: HttpAnswer): void =>
  assert.ok(status < 500, `no request may cause a ${status}: ${text}`);

/** What every answer must be like, whatever was asked: its length honest, nothing private in it. */
const checkAlways = (answer: HttpAnswer, method: string, isAdmin: boolean): HttpAnswer => {
  const length = answer.headers.get("content-length");
  const hasBody = method !== "HEAD" && answer.status !== 304;
  if (length !== null && hasBody) assert.equal(Number(length), answer.bytes.length, "content-length");
  if (!hasBody || answer.status === 204) assert.equal(answer.bytes.length, 0, "this answer has no body");
  const everything = `${JSON.stringify([...answer.headers])}${answer.text}`;
  if (!isAdmin) assert.ok(!everything.includes(PRIVATE_MARKER), "a private value in an answer for a session");
  return answer;
};

const toAnswer = (answer: WireAnswer): HttpAnswer => ({
  ...answer,
  text: new TextDecoder().decode(answer.bytes),
});

/** Sends a request as a good client does, and checks what holds of every answer. */
export const send = async (context: HttpContext, request: HttpRequest): Promise<HttpAnswer> => {
  const url = `${context.origin}${request.own ? "" : context.prefix}${request.path}`;
  const answer = toAnswer(
    context.http2
      ? await exchange(context, toWire(url, request), AbortSignal.timeout(ANSWER_WITHIN_MS))
      : await byFetch(url, request),
  );
  if (!request.mayFail) checkNoFailure(answer);
  return checkAlways(answer, request.method ?? "GET", request.bearer === ADMIN_KEY);
};

/** The request with its `Content-Length`, if the case does not send one of its own. */
const withLength = ({ method, target, headers = [], body }: RawRequest): WireRequest => {
  const isFramed = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  return { method, target, headers: isFramed ? headers : [...lengthOf(body), ...headers], body };
};

const openHttp1 = (
  context: HttpContext,
  { method, target, headers }: WireRequest,
  signal?: AbortSignal,
): ClientRequest => {
  const own = ["Host", new URL(context.origin).host, "Connection", "close"];
  const options = { method, path: target, headers: [...own, ...headers.flat()], agent: false };
  return httpRequest(context.origin, { ...options, ...(signal && { signal }) });
};

const readHttp1 = async (sent: ClientRequest): Promise<WireAnswer> => {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once("response", resolve).once("error", reject);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const headers = new Headers();
  for (const [name, values] of Object.entries(response.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return { status: response.statusCode ?? 0, headers, bytes: Buffer.concat(chunks) };
};

const exchangeHttp1 = (
  context: HttpContext,
  request: WireRequest,
  signal: AbortSignal,
): Promise<WireAnswer> => {
  const sent = openHttp1(context, request, signal);
  const answer = readHttp1(sent);
  sent.end(request.body);
  return answer;
};

/** Sends a request that `fetch` cannot: with its headers repeated, or a request target of any form. */
export const sendRaw = async (context: HttpContext, request: RawRequest): Promise<HttpAnswer> => {
  const exchangeBy = context.http2 ? exchange : exchangeHttp1;
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const answer = toAnswer(await exchangeBy(context, withLength(request), signal));
  checkNoFailure(answer);
  const isAdmin = request.headers?.some(([, value]) => value.includes(ADMIN_KEY)) ?? false;
  return checkAlways(answer, request.method, isAdmin);
};

/** Sends the head of a request that announces 1 GB, and one byte of that. An answer must come anyway. */
export const announce = async (context: HttpContext, request: RawRequest): Promise<HttpAnswer> => {
  const headers = [...(request.headers ?? []), ["Content-Length", "1000000000"]] as const;
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  if (context.http2) {
    const stream = openStream(context, { ...request, headers }, signal);
    const answer = readStream(stream);
    stream.write("{");
    return answer.then(toAnswer).finally(() => cancel(stream));
  }
  const sent = openHttp1(context, { ...request, headers }, signal);
  const answer = readHttp1(sent);
  sent.write("{");
  return answer.then(toAnswer).finally(() => sent.on("error", () => {}).destroy());
};

/** Sends a whole request, and goes away after the moment that is awaited. An answer before it is a failure of the case. */
export const leaveUnanswered = async (
  context: HttpContext,
  request: RawRequest,
  moment: Promise<void>,
): Promise<void> => {
  const sent = context.http2
    ? openStream(context, withLength(request))
    : openHttp1(context, withLength(request));
  const answered = new Promise<never>((_, reject) =>
    sent.once("response", () => reject(new Error("answered too soon"))),
  );
  // The reset that follows is what was asked for.
  sent.on("error", () => {}).end(request.body);
  await Promise.race([moment, answered]);
  await leave(sent);
};

/** Sends the head and a part of the body, then goes away; resolves when the connection is gone. */
export const abandon = async (
  context: HttpContext,
  request: RawRequest & { readonly body: string },
): Promise<void> => {
  if (context.http2) return cutOff(context, withLength(request));
  const sent = openHttp1(context, withLength(request));
  // The reset that follows is what was asked for.
  await new Promise((resolve) => sent.on("error", resolve).write(request.body, resolve));
  await leave(sent);
};

const leave = async (sent: ClientRequest | ClientHttp2Stream): Promise<void> => {
  if (!(sent instanceof ClientRequest)) return cancel(sent);
  const gone = new Promise<void>((resolve) => sent.once("close", resolve));
  sent.destroy();
  await gone;
};
