import type { RequestView } from "../transport/request-view.ts";

const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Whether a request that a browser may have sent with the user's cookie was made by the app's own pages: it cannot
 * write, or `Sec-Fetch-Site` says `same-origin`, or its `Origin` is the request's own or one of `parties`.
 */
export const hasSameOriginProof = (request: RequestView, parties: readonly string[]): boolean => {
  if (SAFE.has(request.method)) return true;
  const site = request.header("sec-fetch-site");
  if (site === "same-origin") return true;
  const origin = request.header("origin");
  if (origin === undefined) return false;
  return parties.includes(origin) || (site === undefined && isOwn(origin, request));
};

/**
 * A page of `http` is not ours if the request came by `https`. One of `https` is, also if the request seems to have come
 * by `http`: TLS may have ended at a proxy. A port that is the scheme's own may be named or not.
 */
const isOwn = (origin: string, request: RequestView): boolean => {
  const host = request.header("host");
  const scheme = /^https?:/.exec(origin)?.[0];
  const own = `${scheme}//${host}`;
  if (!host || !scheme || !URL.canParse(origin) || !URL.canParse(own)) return false;
  if (new URL(origin).origin !== new URL(own).origin) return false;
  return scheme === "https:" || !isSecure(request);
};

/** The header makes this stricter, never laxer. So it is believed whoever sends it. */
const isSecure = (request: RequestView): boolean =>
  request.isSecure === true || /\bhttps\b/i.test(request.header("x-forwarded-proto") ?? "");
