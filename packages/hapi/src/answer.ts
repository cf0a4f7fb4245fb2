import { type Boom, boomify } from "@hapi/boom";
import type * as Hapi from "@hapi/hapi";
import { errorOutcome, type Outcome, type UserMetadataError } from "@usermeta/core";

/** Sends an outcome, with exactly its headers and its body. A failure of 500 and above is thrown. */
export const answer = (h: Pick<Hapi.ResponseToolkit, "response">, outcome: Outcome): Hapi.ResponseObject => {
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
