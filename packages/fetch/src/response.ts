import type { Outcome, ResponseHeaders } from "@usermeta/core";

/** Where a session sets headers of an answer that is still to be made. */
export const toResponseHeaders = (headers: Headers): ResponseHeaders => ({
  setHeader: (name, value) => headers.set(name, value),
  appendHeader: (name, value) => headers.append(name, value),
});

/** A `Response` with further headers; what is none is left as it is. */
export const withHeaders = <T>(answer: T, headers: Headers): T | Response => {
  const added = [...headers];
  if (added.length === 0 || !(answer instanceof Response)) return answer;
  // A redirect's headers and those of an answer to `fetch` cannot be changed.
  const response = new Response(answer.body, answer);
  for (const [name, value] of added) response.headers.append(name, value);
  return response;
};

const encoder = new TextEncoder();
const NOT_ASCII = /[^\0-\x7f]/;

const byteLength = (text: string): number =>
  NOT_ASCII.test(text) ? encoder.encode(text).byteLength : text.length;

/** An outcome as a `Response`, with exactly its headers and its body. @param method the request's: HEAD is answered without the body */
export const toResponse = ({ status, headers, body }: Outcome, method = "GET"): Response => {
  if (body === undefined) return new Response(null, { status, headers: toInit(headers) });
  // Said here, because no server counts what it does not send: an answer to HEAD.
  const sent = toInit({ ...headers, "content-length": String(byteLength(body)) });
  return new Response(method === "HEAD" ? null : body, { status, headers: sent });
};

/** A record where that will do, which Hono's server sends as it is, with no `Headers` made of it. */
const toInit = (headers: Outcome["headers"]): Record<string, string> | [string, string][] => {
  const lists = Object.values(headers).some((values) => typeof values !== "string");
  if (!lists) return headers as Record<string, string>;
  return Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  );
};
