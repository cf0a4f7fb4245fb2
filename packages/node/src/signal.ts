import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { Socket } from "node:net";
import { requestAborted } from "@usermeta/core";

/** What a client holds open while it waits: a connection, or in HTTP/2 a stream of one. */
type Line = Socket | Http2ServerRequest["stream"];

/** One for each line, so that the requests of a connection share one listener. */
const controllers = new WeakMap<Line, AbortController>();

/** Whether a request came by HTTP/2, as a compat request of `node:http2`. */
export const isHttp2 = (request: object): request is Http2ServerRequest =>
  "httpVersionMajor" in request && request.httpVersionMajor === 2;

/**
 * Aborted when the client of a request goes away, with `request_aborted`. A connection ends after its last answer too,
 * when nobody waits any more. A stream of HTTP/2 is `aborted` only before its answer has ended.
 */
export const signalOf = (request: IncomingMessage): AbortSignal | undefined => {
  if (isHttp2(request)) return watch(request.stream, "aborted").signal;
  // A request from a framework's `inject` has no connection.
  return typeof request.socket?.once === "function" ? watch(request.socket, "close").signal : undefined;
};

/**
 * Gives up on what waits for a request, as if its client had gone away: for a server that stops and answers by itself.
 * The handler of the request is told the reason, in the place of what it waits for. A write that is under way to the
 * store may be stored or not.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import { UserMetadataError } from "@usermeta/core";
 * import { abandon } from "@usermeta/node";
 *
 * const server = createServer((request, response) => {
 *   abandon(request, new UserMetadataError("store_unavailable", "The server stops."));
 *   response.writeHead(503, { connection: "close" }).end();
 * });
 * server.close();
 * ```
 */
export const abandon = (request: IncomingMessage, reason: Error): void =>
  controllers.get(isHttp2(request) ? request.stream : request.socket)?.abort(reason);

const watch = (line: Line, event: "aborted" | "close"): AbortController => {
  const known = controllers.get(line);
  if (known) return known;
  const controller = new AbortController();
  const abort = (): void => controller.abort(requestAborted());
  if (line.destroyed) abort();
  else line.once(event, abort);
  controllers.set(line, controller);
  return controller;
};
