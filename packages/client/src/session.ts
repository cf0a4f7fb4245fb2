/** The app's session: its token on each request, and a fresh one if the server refuses the old. */
import { browser } from "./browser.ts";
import { codeOf, MetadataClientError } from "./errors.ts";
import type { ClientOptions, UserMetadataClient } from "./types.ts";

/** The session of whoever is signed in. */
export interface ClientSession {
  /** Headers with the token. @throws MetadataClientError `session_missing` if one is needed, `token_unavailable` */
  authorize(headers: RequestInit["headers"], isNeeded: boolean): Promise<Headers>;
  /** Whether a refusal is worth a fresh token. */
  isWorthRefresh(refusal: { readonly status: number; readonly code?: unknown }): boolean;
  /** Calls the app's `refreshToken`, once for all who wait for it. @throws MetadataClientError `token_unavailable` */
  refresh(): Promise<void>;
}

export const createSession = ({ getToken, refreshToken }: ClientOptions): ClientSession => {
  let refreshing: Promise<void> | undefined;
  const ask = async <R>(hook: () => R, name: string): Promise<Awaited<R>> => {
    try {
      return await hook();
    } catch (cause) {
      const message = `The app's ${name} failed, and without a token the server knows nobody. The cause says why.`;
      throw new MetadataClientError("token_unavailable", message, { cause });
    }
  };
  return {
    async authorize(init, isNeeded) {
      const headers = new Headers(init);
      const token = getToken && (await ask(getToken, "getToken"));
      if (token) headers.set("authorization", `Bearer ${token}`);
      else if (getToken && isNeeded) {
        const message = "Nobody is signed in: getToken has no token. Sign in, then load again.";
        throw new MetadataClientError("session_missing", message, { status: 401 });
      }
      return headers;
    },
    isWorthRefresh: ({ status, code }) =>
      status === 401 && refreshToken !== undefined && /^token_/.test(String(code)),
    async refresh() {
      if (!refreshToken) return;
      refreshing ??= ask(refreshToken, "refreshToken").then(
        () => {
          refreshing = undefined;
        },
        (error) => {
          refreshing = undefined;
          throw error;
        },
      );
      await refreshing;
    },
  };
};

/** `fetch` for the app's own routes. */
export const createFetch = (
  { baseUrl, credentials = "same-origin" }: ClientOptions,
  { authorize, isWorthRefresh, refresh }: ClientSession,
): UserMetadataClient["fetch"] => {
  return async (to, init = {}) => {
    const { origin } = new URL(baseUrl, browser.location?.href);
    const url = new URL(to, origin);
    if (url.origin !== origin) {
      const message = `${url.origin} is not ${origin}: the session is sent to the origin of baseUrl alone. Use the plain fetch.`;
      throw new MetadataClientError("url_refused", message);
    }
    const send = async (): Promise<Response> =>
      fetch(url, { credentials, ...init, headers: await authorize(init.headers, false) });
    const response = await send();
    if (response.status !== 401 || init.body instanceof ReadableStream) return response;
    const problem: unknown = await response
      .clone()
      .json()
      .catch(() => undefined);
    if (!isWorthRefresh({ status: 401, code: codeOf(401, problem) })) return response;
    await refresh();
    return send();
  };
};
