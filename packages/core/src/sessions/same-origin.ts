import type { RequestView } from "../transport/request-view.ts";

const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Whether a request that a browser may have sent with the user's cookie was made by the app's own pages: it cannot
 * write, or `Sec-Fetch-Site` says `same-origin`, or its `Origin` is the request's own host or one of `parties`.
 */
export const hasSameOriginProof = (request: RequestView, parties: readonly string[]): boolean => {
  if (SAFE.has(request.method)) return true;
  const site = request.header("sec-fetch-site");
  if (site === "same-origin") return true;
  const origin = request.header("origin");
  if (origin === undefined) return false;
  if (parties.includes(origin)) return true;
  return site === undefined && URL.canParse(origin) && new URL(origin).host === request.header("host");
};
