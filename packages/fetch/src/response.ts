import type { Outcome } from "@usermeta/core";

const encoder = new TextEncoder();

/** An outcome as a `Response`, with exactly its headers and its body. @param method the request's: HEAD is answered without the body */
export const toResponse = ({ status, headers, body }: Outcome, method = "GET"): Response => {
  const sent = new Headers();
  for (const [name, values] of Object.entries(headers)) {
    for (const value of [values].flat()) sent.append(name, value);
  }
  if (body === undefined) return new Response(null, { status, headers: sent });
  const bytes = encoder.encode(body);
  // Said here, because no server counts what it does not send: an answer to HEAD.
  sent.set("content-length", String(bytes.byteLength));
  return new Response(method === "HEAD" ? null : bytes, { status, headers: sent });
};
