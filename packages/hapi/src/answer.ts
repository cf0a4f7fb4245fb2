import { type Boom, boomify } from "@hapi/boom";
import type * as Hapi from "@hapi/hapi";
import { errorOutcome, type Outcome, type UserMetadataError } from "@usermeta/core";

type Toolkit = Pick<Hapi.ResponseToolkit, "request" | "response">;

/**
 * Sends an outcome, with exactly its headers and its body, and does not wait for the rest of the request's. A failure
 * of 500 and above is thrown.
 */
export const answer = (h: Toolkit, outcome: Outcome): Hapi.ResponseObject => {
  // hapi's own note that a body is pending. With it hapi closes the connection, and the client may miss the answer.
  // Without it Node reads the rest and drops it.
  Object.assign(h.request, { _isPayloadPending: false });
  if (outcome.error) throw toBoom(outcome.error);
  const response = h.response(outcome.body).code(outcome.status);
  response.charset();
  for (const [name, values] of Object.entries(outcome.headers))
    for (const value of [values].flat()) response.header(name, value, { append: true });
  return response;
};

/** Makes a Boom of the error itself, which hapi's log and the app's `onPreResponse` see. The client sees its output. */
export const toBoom = (failure: unknown): Boom => {
  const { status, headers, body = "", error } = errorOutcome(failure);
  const boom = boomify(error ?? (failure as UserMetadataError), { statusCode: status });
  return Object.assign(boom, { output: { statusCode: status, headers, payload: JSON.parse(body) } });
};
