import type { Outcome, RequestView } from "@usermeta/core";
import type { Metrics } from "./metrics.ts";

/** The routes that are the server's and not the engine's. They are at the root, whatever the prefix. */
export interface OwnRoutes {
  knows(path: string): boolean;
  /** `/healthz`: the process answers. `/readyz`: the store can be read, and the server is not stopping. */
  health(request: RequestView): Promise<Outcome | undefined>;
  /** `/metrics`, for whoever has an admin key. */
  metrics(request: RequestView): Promise<Outcome | undefined>;
}

/** What they tell. */
interface OwnRoutesOptions {
  readonly metrics: Metrics;
  readonly isReady: () => Promise<boolean>;
  /** The place of the admin key that a header bears. */
  readonly findKey: (authorization: string | undefined) => number | undefined;
}

const PATHS = ["/healthz", "/readyz", "/metrics"];

const plain = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Outcome => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store", ...headers },
  body,
});

const asGet = (request: RequestView, answer: () => Promise<Outcome>): Promise<Outcome> =>
  request.method === "GET" || request.method === "HEAD"
    ? answer()
    : Promise.resolve(plain(405, "Use GET.\n", { allow: "GET, HEAD" }));

/** Makes the server's own routes. */
export const createOwnRoutes = ({ metrics, isReady, findKey }: OwnRoutesOptions): OwnRoutes => {
  const ready = async (): Promise<Outcome> =>
    (await isReady()) ? plain(200, "ready\n") : plain(503, "not ready\n", { "retry-after": "1" });
  const measured = async (request: RequestView): Promise<Outcome> => {
    const adminKey = findKey(request.header("authorization"));
    if (adminKey === undefined)
      return plain(401, "Send Authorization: Bearer <admin key>.\n", { "www-authenticate": "Bearer" });
    await request.admit?.({ adminKey });
    return plain(200, await metrics.text(), { "content-type": metrics.contentType });
  };
  return {
    knows: (path) => PATHS.includes(path),
    async health(request) {
      if (request.path === "/healthz") return asGet(request, async () => plain(200, "ok\n"));
      if (request.path === "/readyz") return asGet(request, ready);
      return undefined;
    },
    async metrics(request) {
      return request.path === "/metrics" ? asGet(request, () => measured(request)) : undefined;
    },
  };
};
