import type { RequestView } from "../transport/request-view.ts";
import { trimBlanks } from "./white-space.ts";

const SCHEME = "bearer";

/** The credentials of `Authorization: Bearer` (RFC 6750; the scheme is case-insensitive, RFC 9110 section 11.1). */
export const readBearer = (request: RequestView): string | undefined =>
  toBearer(request.header("authorization") ?? "");

/** The token in the value of an `Authorization` header; `undefined` if the scheme is another. */
export const toBearer = (header: string): string | undefined => {
  if (header.startsWith("Bearer ")) return trimBlanks(header.slice(7));
  if (header.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return undefined;
  const rest = header.slice(SCHEME.length);
  return rest === "" || rest.startsWith(" ") ? trimBlanks(rest) : undefined;
};
