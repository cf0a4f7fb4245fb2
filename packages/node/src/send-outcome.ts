import type { ServerResponse } from "node:http";
import { type Outcome, type ResponseHeaders, UserMetadataError } from "@usermeta/core";

/** Headers that the app may have set already, such as its cookies and the `vary` of its CORS: its values stay. */
const LISTS: ReadonlySet<string> = new Set(["vary", "set-cookie", "access-control-expose-headers"]);

/**
 * Sends an outcome, with exactly its headers and its body. Does nothing if the client has gone or if headers were sent.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import type { AddressInfo } from "node:net";
 * import { errorOutcome, UserMetadataError } from "@usermeta/core";
 * import { sendOutcome } from "@usermeta/node";
 *
 * const server = createServer((_request, response) => {
 *   sendOutcome(response, errorOutcome(new UserMetadataError("session_missing", "Sign in first.")));
 * }).listen(3000, async () => {
 *   const { port } = server.address() as AddressInfo;
 *   console.log((await fetch(`http://127.0.0.1:${port}`)).status); // 401
 *   server.close();
 * });
 * ```
 */
export const sendOutcome = (response: ServerResponse, { status, headers, body }: Outcome): void => {
  if (response.headersSent || response.destroyed) return;
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) {
    if (LISTS.has(name)) response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
  // Set here, because Node does not count a body that it does not send, in an answer to HEAD.
  if (body !== undefined) response.setHeader("content-length", Buffer.byteLength(body));
  response.end(body);
};

/**
 * Sets the headers of a failure, such as `Retry-After`, for a framework that makes an answer of an error without them.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import type { AddressInfo } from "node:net";
 * import { UserMetadataError } from "@usermeta/core";
 * import { setErrorHeaders } from "@usermeta/node";
 *
 * const server = createServer((_request, response) => {
 *   setErrorHeaders(response, new UserMetadataError("store_unavailable", "The database is away."));
 *   response.writeHead(503).end();
 * }).listen(3000, async () => {
 *   const { port } = server.address() as AddressInfo;
 *   console.log((await fetch(`http://127.0.0.1:${port}`)).headers.get("retry-after")); // 1
 *   server.close();
 * });
 * ```
 */
export const setErrorHeaders = (response: ResponseHeaders, error: unknown): void => {
  if (!UserMetadataError.is(error) || ("headersSent" in response && response.headersSent)) return;
  for (const [name, value] of Object.entries(error.headers ?? {})) response.setHeader(name, value);
};

/** The part of a Fastify reply that is used here: it appends a `set-cookie`, and replaces any other header. */
export interface HeaderReply {
  header(name: string, value: string | string[]): unknown;
  getHeader(name: string): number | string | string[] | undefined;
}

/**
 * Lets a session set headers on a Fastify reply.
 *
 * @example
 * ```ts
 * import { toResponseHeaders } from "@usermeta/node";
 * import Fastify from "fastify";
 *
 * const app = Fastify();
 * app.get("/", async (_request, reply) => {
 *   toResponseHeaders(reply).appendHeader("vary", "Authorization");
 *   return "hello";
 * });
 * const { headers } = await app.inject("/");
 * console.log(headers.vary); // Authorization
 * ```
 */
export const toResponseHeaders = (reply: HeaderReply): ResponseHeaders => ({
  setHeader: (name, value) => reply.header(name, value),
  appendHeader: (name, value) => {
    const before =
      name.toLowerCase() === "set-cookie" ? [] : [reply.getHeader(name) ?? []].flat().map(String);
    reply.header(name, [...before, value]);
  },
});
