import { isCanonicalToken, type RequestView, type ResponseHeaders } from "@usermeta/core";
import { parseCookie, stringifySetCookie } from "cookie";
import { CollectingResponse, PreParsedRequest } from "supertokens-node/framework/custom";
import type { HTTPMethod } from "supertokens-node/types";

/** How many values of one cookie are looked at: each may cost the verification of a signature. */
const MAX_VALUES = 8;

/**
 * A request as supertokens-node sees it, whatever framework it is initialised for. Of several cookies of one name it
 * sees the one whose turn it is. A token that is not canonical base64url (RFC 7515, section 2) it does not see.
 */
export class SeenRequest extends PreParsedRequest {
  /** How many values the cookies have that were asked for: how many turns there are. */
  turns = 1;
  /** Whether something was left out that a lenient decoder would have taken for a token. */
  hasLeftOut = false;
  readonly #view: RequestView;
  #cookies: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(view: RequestView, turn = 0) {
    super({
      get url() {
        return view.query === "" ? view.path : `${view.path}?${view.query}`;
      },
      // HEAD is answered as GET, and needs no more than that.
      method: (view.method === "HEAD" ? "get" : view.method.toLowerCase()) as HTTPMethod,
      headers: NO_HEADERS,
      cookies: {},
      get query() {
        return Object.fromEntries(new URLSearchParams(view.query));
      },
      getJSONBody: refuseBody,
      getFormBody: refuseBody,
    });
    this.#view = view;
    const inTurn = (values: readonly string[]) => values[Math.min(turn, values.length - 1)] as string;
    this.original = view.raw;
    this.getHeaderValue = (name) => {
      const key = name.toLowerCase();
      if (key === "cookie")
        return view.header(key) && toHeader([...this.#seen].map(([each, values]) => [each, inTurn(values)]));
      const value = view.header(key);
      return key === "authorization" && this.#leavesOut(value?.replace(/^bearer +/i, "")) ? undefined : value;
    };
    this.getCookieValue = (name) => {
      const values = this.#seen.get(name);
      if (values === undefined) return undefined;
      this.turns = Math.max(this.turns, values.length);
      const value = inTurn(values);
      return this.#leavesOut(value) ? undefined : value;
    };
  }

  /** Read once they are asked for. */
  get #seen(): ReadonlyMap<string, readonly string[]> {
    this.#cookies ??= readCookies(this.#view.header("cookie")?.split(";") ?? []);
    return this.#cookies;
  }

  #leavesOut(value: string | undefined): boolean {
    const leaves = value?.split(".").length === 3 && !isCanonicalToken(value);
    this.hasLeftOut ||= leaves;
    return leaves;
  }
}

/** A request whose `SeenRequest` is made once something of it is asked for: most apps ask for nothing. */
export const seenLater = (view: RequestView): SeenRequest =>
  new Proxy<Later>({ view }, LATER) as unknown as SeenRequest;

interface Later {
  readonly view: RequestView;
  seen?: SeenRequest;
}

const seenOf = (later: Later): SeenRequest => {
  later.seen ??= new SeenRequest(later.view);
  return later.seen;
};

const LATER: ProxyHandler<Later> = {
  get: (later, key) => Reflect.get(seenOf(later), key),
  set: (later, key, value) => Reflect.set(seenOf(later), key, value),
  has: (later, key) => Reflect.has(seenOf(later), key),
};

/** The value of a cookie, decoded; `undefined` if it has none, or several. */
export const readOnlyCookie = (header: string, name: string): string | undefined => {
  const pairs = header.split(";").filter((pair) => pair.includes(name));
  const values = readCookies(pairs).get(name);
  return values?.length === 1 ? values[0] : undefined;
};

/** The different values of each cookie, in their order, decoded. A browser sends several for several paths or domains. */
const readCookies = (pairs: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const cookies = new Map<string, readonly string[]>();
  for (const [name, value = ""] of pairs.flatMap((pair) => Object.entries(parseCookie(pair)))) {
    const values = cookies.get(name) ?? [];
    if (!values.includes(value) && values.length < MAX_VALUES) cookies.set(name, [...values, value]);
  }
  return cookies;
};

/** Names that the SDK would read as another's are left out: it trims more than blanks, and decodes. */
const toHeader = (cookies: readonly (readonly [string, string])[]): string =>
  cookies
    .filter(([name]) => /^[!-$&-~]+$/.test(name))
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("; ");

/** They are looked up in the view. */
const NO_HEADERS = new Headers();

const refuseBody = (): Promise<never> =>
  Promise.reject(new Error("The body is for the handler; a session is found by the headers."));

/**
 * Where supertokens-node sends its headers and cookies: on to the answer, at once, so that a handler which changes
 * its session has that sent too. The body that it makes of an error is kept.
 */
export class SentResponse extends CollectingResponse {
  constructor(response: ResponseHeaders | undefined) {
    super();
    const members = new Set<string>();
    this.setHeader = (name, value, isList) => {
      const member = `${name.toLowerCase()}: ${value}`;
      if (isList && members.has(member)) return;
      members.add(member);
      if (isList) response?.appendHeader(name, value);
      else response?.setHeader(name, value);
    };
    this.setCookie = (
      ...[name, value, domain, secure, httpOnly, expires, path, sameSite]: CookieArguments
    ) => {
      const attributes = { secure, httpOnly, expires: new Date(expires), path, sameSite };
      const cookie = { name, value, ...attributes, ...(domain !== undefined && { domain }) };
      response?.appendHeader("Set-Cookie", stringifySetCookie(cookie));
    };
  }
}

type CookieArguments = Parameters<CollectingResponse["setCookie"]>;
