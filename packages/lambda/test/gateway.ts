/** Gateways as AWS has them, on a local port: HTTP requests become events, and results become answers. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { LambdaEventV1, LambdaEventV2, LambdaResult } from "@usermeta/lambda";

/** A handler, as it is deployed. Its gateway decides the format of the events. */
export type Deployed = (event: never) => Promise<LambdaResult | { statusCode: number; body: string }>;

/** A kind of gateway. */
export interface Gateway {
  /** The event that it makes of a request. */
  toEvent(request: IncomingMessage, body: Buffer): LambdaEventV1 | LambdaEventV2;
  /** The answer to the client if the handler throws. */
  readonly failure: { readonly statusCode: number; readonly body: string };
}

/** A REST API with its stage's own address, and the binary media type `*∕*`: every body is base64. */
export const restApi: Gateway = {
  toEvent(request, body) {
    const { path, query } = split(request);
    // Names are as they were sent, and the last of a repeated header is the one in `headers`.
    const headers: Record<string, string> = {};
    const multiValueHeaders: Record<string, string[]> = {};
    for (let at = 0; at < request.rawHeaders.length; at += 2) {
      const [name = "", value = ""] = request.rawHeaders.slice(at, at + 2);
      headers[name] = value;
      multiValueHeaders[name] = [...(multiValueHeaders[name] ?? []), value];
    }
    const queries = new URLSearchParams(query);
    const lists = Object.fromEntries([...queries.keys()].map((name) => [name, queries.getAll(name)]));
    return {
      httpMethod: request.method ?? "",
      path,
      headers,
      multiValueHeaders,
      queryStringParameters: query ? Object.fromEntries(queries) : null,
      multiValueQueryStringParameters: query ? lists : null,
      requestContext: { stage: "prod", domainName: "abc.execute-api.eu-west-1.amazonaws.com" },
      body: body.length > 0 ? body.toString("base64") : null,
      isBase64Encoded: body.length > 0,
    };
  },
  failure: { statusCode: 502, body: '{"message": "Internal server error"}' },
};

/** The types whose bodies are text in format 2.0; all others are base64. */
const TEXT = /^(text\/.*|application\/(json|xml|javascript))(;.*)?$/;

const toV2 = (
  request: IncomingMessage,
  content: Buffer,
  context: { readonly domainName: string; readonly stage: string; readonly path: string },
): LambdaEventV2 => {
  const { cookie, ...rest } = request.headersDistinct;
  const isText = TEXT.test(request.headers["content-type"] ?? "");
  const body = { body: content.toString(isText ? "utf8" : "base64"), isBase64Encoded: !isText };
  const { path, ...requestContext } = context;
  return {
    rawPath: path,
    rawQueryString: split(request).query,
    headers: Object.fromEntries(Object.entries(rest).map(([name, values]) => [name, values?.join(",")])),
    ...(cookie && { cookies: cookie.flatMap((line) => line.split(/; */)) }),
    requestContext: { ...requestContext, http: { method: request.method ?? "" } },
    ...(content.length > 0 ? body : { isBase64Encoded: false }),
  };
};

/** A function URL: format 2.0, the path as it was sent, the cookies among the headers too. */
export const functionUrl: Gateway = {
  toEvent(request, body) {
    const { path } = split(request);
    const context = { domainName: "abc.lambda-url.eu-west-1.on.aws", stage: "$default", path };
    const event = toV2(request, body, context);
    const { cookie } = request.headers;
    return cookie === undefined ? event : { ...event, headers: { ...event.headers, cookie } };
  },
  failure: { statusCode: 502, body: "Internal Server Error" },
};

/** An HTTP API on a named stage: format 2.0, the path decoded, cut at a decoded question mark, behind the stage. */
export const httpApi: Gateway = {
  toEvent(request, body) {
    const [path = ""] = decode(split(request).path).split("?");
    const domainName = "abc.execute-api.eu-west-1.amazonaws.com";
    return toV2(request, body, { domainName, stage: "prod", path: `/prod${path}` });
  },
  failure: { statusCode: 500, body: '{"message":"Internal Server Error"}' },
};

/** Leniently: what is not percent-encoded UTF-8 stays as it is. */
const decode = (path: string): string =>
  path.replace(/(%[\da-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });

const split = (request: IncomingMessage): { readonly path: string; readonly query: string } => {
  const target = (request.url ?? "/").replace(/^https?:\/\/[^/?]*/, "");
  const at = target.indexOf("?");
  return at < 0 ? { path: target, query: "" } : { path: target.slice(0, at), query: target.slice(at + 1) };
};

const send = (request: IncomingMessage, response: ServerResponse, result: Partial<LambdaResult>): void => {
  const { statusCode = 200, headers = {}, body = "", isBase64Encoded = false } = result;
  response.statusCode = statusCode;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  const lists = "multiValueHeaders" in result ? result.multiValueHeaders : undefined;
  for (const [name, values] of Object.entries(lists ?? {})) response.setHeader(name, values);
  const cookies = "cookies" in result ? result.cookies : undefined;
  if (cookies?.length) response.setHeader("set-cookie", cookies);
  const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  // The gateway counts the body, and does not send it if HTTP does not allow one.
  if (statusCode !== 204 && statusCode !== 304) response.setHeader("content-length", bytes.length);
  response.end(request.method === "HEAD" ? undefined : bytes);
};

/** Puts a gateway before a handler, on a free port of 127.0.0.1. */
export const startGateway = async ({ toEvent, failure }: Gateway, handler: Deployed) => {
  const server = createServer(async (request, response) => {
    // As over the wire: only JSON goes in and comes out.
    const event = JSON.parse(JSON.stringify(toEvent(request, await buffer(request)))) as never;
    const result = await handler(event).catch(() => failure);
    send(request, response, JSON.parse(JSON.stringify(result)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, close: () => server[Symbol.asyncDispose]() };
};
