import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { request as httpRequest } from "node:http";
import type { HttpContext } from "./contract.ts";
import { ADMIN_KEY, PRIVATE_MARKER } from "./fixtures.ts";

/** What a case sends through `fetch`. */
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
  /** Sent in this order, repetitions included; `Host` and `Connection` are added. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Sent with its `Content-Length`. */
  readonly body?: string;
}

/** An answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
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

const toAnswer = (status: number, headers: Headers, bytes: Uint8Array): HttpAnswer => ({
  status,
  headers,
  bytes,
  text: new TextDecoder().decode(bytes),
});

/** Sends a request through `fetch` and checks what holds of every answer. */
export const send = async (context: HttpContext, request: HttpRequest): Promise<HttpAnswer> => {
  const url = `${context.origin}${request.own ? "" : context.prefix}${request.path}`;
  const response = await fetch(url, initOf(request));
  const answer = toAnswer(response.status, response.headers, new Uint8Array(await response.arrayBuffer()));
  if (!request.mayFail) checkNoFailure(answer);
  return checkAlways(answer, request.method ?? "GET", request.bearer === ADMIN_KEY);
};

const rawHeaders = (context: HttpContext, request: RawRequest): string[] => {
  const length =
    request.body === undefined ? [] : ["Content-Length", String(Buffer.byteLength(request.body))];
  return [
    "Host",
    new URL(context.origin).host,
    "Connection",
    "close",
    ...length,
    ...(request.headers ?? []).flat(),
  ];
};

const readRaw = async (response: IncomingMessage): Promise<HttpAnswer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const headers = new Headers();
  for (const [name, values] of Object.entries(response.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return toAnswer(response.statusCode ?? 0, headers, Buffer.concat(chunks));
};

/** Sends a request that `fetch` cannot: with its headers repeated, or a request target of any form. */
export const sendRaw = async (context: HttpContext, request: RawRequest): Promise<HttpAnswer> => {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const { method, target } = request;
    const sent = httpRequest(context.origin, {
      method,
      path: target,
      headers: rawHeaders(context, request),
      agent: false,
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    sent.once("response", resolve).once("error", reject).end(request.body);
  });
  const isAdmin = request.headers?.some(([, value]) => value.includes(ADMIN_KEY)) ?? false;
  const answer = await readRaw(response);
  checkNoFailure(answer);
  return checkAlways(answer, request.method, isAdmin);
};

/** Sends a whole request, and goes away after the moment that is awaited. An answer before it is a failure of the case. */
export const leaveUnanswered = async (
  context: HttpContext,
  request: RawRequest,
  moment: Promise<void>,
): Promise<void> => {
  const { method, target } = request;
  const sent = httpRequest(context.origin, {
    method,
    path: target,
    headers: rawHeaders(context, request),
    agent: false,
  });
  const gone = new Promise<void>((resolve) => sent.once("close", resolve));
  const answered = new Promise<never>((_, reject) =>
    sent.once("response", ({ statusCode }) => reject(new Error(`answered too soon: ${statusCode}`))),
  );
  // The reset that follows is what was asked for.
  sent.on("error", () => {}).end(request.body);
  await Promise.race([moment, answered]);
  sent.destroy();
  await gone;
};

/** Sends the head and a part of the body, then goes away; resolves when the connection is gone. */
export const abandon = async (
  context: HttpContext,
  request: RawRequest & { readonly body: string },
): Promise<void> => {
  const headers = ["Host", new URL(context.origin).host, ...(request.headers ?? []).flat()];
  await new Promise<void>((resolve) => {
    const sent = httpRequest(context.origin, {
      method: request.method,
      path: request.target,
      headers,
      agent: false,
    });
    // The reset that follows is what was asked for.
    sent.on("error", () => {}).once("close", resolve);
    sent.write(request.body, () => sent.destroy());
  });
};
