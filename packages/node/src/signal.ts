import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { Socket } from "node:net";
import { requestAborted } from "@usermeta/core";

/** What a client holds open while it waits: a connection, or in HTTP/2 a stream of one. */
type Line = Socket | Http2ServerRequest["stream"];

/** One for each line, so that the requests of a connection share one listener. */
const signals = new WeakMap<Line, AbortSignal>();

/**
 * Aborted when the client of a request goes away, with `request_aborted`. A connection ends after its last answer too,
 * when nobody waits any more. A stream of HTTP/2 is `aborted` only before its answer has ended.
 */
export const signalOf = (request: IncomingMessage | Http2ServerRequest): AbortSignal | undefined => {
  if ("stream" in request) return watch(request.stream, "aborted");
  // A request from a framework's `inject` has no connection.
  return typeof request.socket?.once === "function" ? watch(request.socket, "close") : undefined;
};

const watch = (line: Line, event: "aborted" | "close"): AbortSignal => {
  const known = signals.get(line);
  if (known) return known;
  const controller = new AbortController();
  const abort = (): void => controller.abort(requestAborted());
  if (line.destroyed) abort();
  else line.once(event, abort);
  signals.set(line, controller.signal);
  return controller.signal;
};
