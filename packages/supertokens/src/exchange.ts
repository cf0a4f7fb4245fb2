import type { RequestView, ResponseHeaders } from "@usermeta/core";
import { parseCookie, stringifySetCookie } from "cookie";
import { CollectingResponse, PreParsedRequest } from "supertokens-node/framework/custom";
import type { HTTPMethod } from "supertokens-node/types";

/** A request as supertokens-node sees it, whatever framework it is initialised for. */
export class SeenRequest extends PreParsedRequest {
  constructor(view: RequestView) {
    super({
      url: view.query === "" ? view.path : `${view.path}?${view.query}`,
      // HEAD is answered as GET, and needs no more than that.
      method: (view.method === "HEAD" ? "get" : view.method.toLowerCase()) as HTTPMethod,
      headers: new Headers(),
      cookies: {},
      query: Object.fromEntries(new URLSearchParams(view.query)),
      getJSONBody: refuseBody,
      getFormBody: refuseBody,
    });
    this.original = view.raw;
    this.getHeaderValue = (name) => view.header(name.toLowerCase());
    this.getCookieValue = (name) => parseCookie(view.header("cookie") ?? "")[name];
  }
}

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
