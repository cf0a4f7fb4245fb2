import type { ServerResponse } from "node:http";
import type { Outcome, ResponseHeaders } from "@usermeta/core";

/** Headers of which the app may have sent some already, which stay: what its CORS varies by, its cookies. */
const LISTS: ReadonlySet<string> = new Set(["vary", "set-cookie", "access-control-expose-headers"]);

/** Sends an outcome, with exactly its headers and its body. A client that went away is left alone. */
export const sendOutcome = (response: ServerResponse, { status, headers, body }: Outcome): void => {
  if (response.headersSent || response.destroyed) return;
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) {
    if (LISTS.has(name)) response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
  // Said here and not left to Node, which does not count what it does not send: an answer to HEAD.
  if (body !== undefined) response.setHeader("content-length", Buffer.byteLength(body));
  response.end(body);
};

/** What is used of a reply of Fastify: it adds a cookie to those that are there, and replaces any other header. */
export interface HeaderReply {
  header(name: string, value: string | string[]): unknown;
  getHeader(name: string): number | string | string[] | undefined;
}

/** Where a session sets headers of an answer that a reply makes. */
export const toResponseHeaders = (reply: HeaderReply): ResponseHeaders => ({
  setHeader: (name, value) => reply.header(name, value),
  appendHeader: (name, value) => {
    const before =
      name.toLowerCase() === "set-cookie" ? [] : [reply.getHeader(name) ?? []].flat().map(String);
    reply.header(name, [...before, value]);
  },
});
