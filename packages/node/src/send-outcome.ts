import type { ServerResponse } from "node:http";
import type { Outcome } from "@usermeta/core";

/** Sends an outcome, with exactly its headers and its body. A client that went away is left alone. */
export const sendOutcome = (response: ServerResponse, { status, headers, body }: Outcome): void => {
  if (response.headersSent || response.destroyed) return;
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) {
    // What the app's CORS has said that the answer varies by stays true.
    if (name === "vary") response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
  // Said here and not left to Node, which does not count what it does not send: an answer to HEAD.
  if (body !== undefined) response.setHeader("content-length", Buffer.byteLength(body));
  response.end(body);
};
