import type { Outcome } from "@usermeta/core";

const encoder = new TextEncoder();

/** An outcome as a `Response`, with exactly its headers and its body. @param method the request's: HEAD is answered without the body */
export const toResponse = ({ status, headers, body }: Outcome, method = "GET"): Response => {
  if (body === undefined) return new Response(null, { status, headers: toInit(headers) });
  // Said here, because no server counts what it does not send: an answer to HEAD.
  const length = String(encoder.encode(body).byteLength);
  const sent = toInit({ ...headers, "content-length": length });
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
