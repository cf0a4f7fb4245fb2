import type { Outcome, ResponseHeaders } from "@usermeta/core";

/** Lets a session set headers of an answer that does not exist yet. */
export const toResponseHeaders = (headers: Headers): ResponseHeaders => ({
  setHeader: (name, value) => headers.set(name, value),
  appendHeader: (name, value) => headers.append(name, value),
});

/** Adds headers to a `Response`; any other value is left as it is. */
export const withHeaders = <T>(answer: T, headers: Headers): T | Response => {
  const added = [...headers];
  if (added.length === 0 || !(answer instanceof Response)) return answer;
  // A copy, because the headers of a redirect, and of an answer from `fetch`, cannot be changed.
  const response = new Response(answer.body, answer);
  for (const [name, value] of added) response.headers.append(name, value);
  return response;
};

const encoder = new TextEncoder();
const NOT_ASCII = /[^\0-\x7f]/;

const byteLength = (text: string): number =>
  NOT_ASCII.test(text) ? encoder.encode(text).byteLength : text.length;

/**
 * Makes a `Response` of an outcome, with exactly its headers and its body.
 * @param method the request's: HEAD is answered without the body
 *
 * @example
 * ```ts
 * import { errorOutcome, UserMetadataError } from "@usermeta/core";
 * import { toResponse } from "@usermeta/fetch";
 *
 * const response = toResponse(errorOutcome(new UserMetadataError("session_missing", "Sign in first.")));
 * console.log(response.status, response.headers.get("content-type")); // 401 application/problem+json
 * ```
 */
export const toResponse = ({ status, headers, body }: Outcome, method = "GET"): Response => {
  if (body === undefined) return new Response(null, { status, headers: toInit(headers) });
  // Set here, because no server counts a body that it does not send, in an answer to HEAD.
  const sent = toInit({ ...headers, "content-length": String(byteLength(body)) });
  return new Response(method === "HEAD" ? null : body, { status, headers: sent });
};

/** A record if each header has one value: Hono's server sends it as it is, and makes no `Headers` of it. */
const toInit = (headers: Outcome["headers"]): Record<string, string> | [string, string][] => {
  const lists = Object.values(headers).some((values) => typeof values !== "string");
  if (!lists) return headers as Record<string, string>;
  return Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  );
};
