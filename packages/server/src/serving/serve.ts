import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  errorOutcome,
  type MetadataHttp,
  type MountedRoute,
  mountAt,
  type Outcome,
  type RequestView,
  UserMetadataError,
} from "@usermeta/core";
import { abandon, sendOutcome, toRequestView } from "@usermeta/node";
import proxyAddr from "proxy-addr";
import { type KnownKeys, keyFinder } from "../config/admin-keys.ts";
import { invalidSetting, type RateLimitSetting } from "../config/settings.ts";
import { createLog, type ServerLog } from "./log.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { createOwnRoutes, type OwnRoutes } from "./own-routes.ts";
import { createRateLimit, type RateLimit, tooManyRequests, type Visit } from "./rate-limit.ts";
import { type FindRoute, type NamedRoute, protocolFinder, routeFinder } from "./route-names.ts";
import { Stopping } from "./stopping.ts";

/** What a server answers with, and where. */
export interface ServeOptions {
  /** The engine; it stays open when the server has stopped. */
  readonly metadata: MetadataHttp & { getUserMetadata(userId: string): Promise<object> };
  /** 0 for any free port. @default 4000 */
  readonly port?: number | undefined;
  /** @default "127.0.0.1" */
  readonly host?: string | undefined;
  /** Where the metadata routes begin: `"/auth"`. @default "" */
  readonly prefix?: string | undefined;
  /** Keys that may read `/metrics`: a list, or by name. @default [] nobody */
  readonly adminKeys?: KnownKeys | undefined;
  /** For each user with a session, and for each address of those without. @default "6000/60s" */
  readonly rateLimit?: RateLimitSetting | undefined;
  /** For each admin key. @default "off" */
  readonly adminRateLimit?: RateLimitSetting | undefined;
  /** Proxies whose `X-Forwarded-For` is believed: addresses, networks, `loopback`. @default [] */
  readonly trustProxy?: readonly string[] | undefined;
  /** Seconds for which a server that stops still takes connections, while `GET /readyz` says 503. @default 0 */
  readonly drain?: number | undefined;
  /** @default JSON lines on standard output */
  readonly log?: ServerLog | undefined;
}

/** A server that listens. */
export interface RunningServer {
  /** `http://127.0.0.1:4000` */
  readonly url: string;
  /**
   * Ends the server. `GET /readyz` says 503 from now on. After the drain no connection is taken any more, each answer is
   * the last one on its connection, and idle connections are closed. What is left after 8 seconds is answered 503, and a
   * second later every connection is closed.
   */
  stop(): Promise<void>;
}

/** Longer than the idle timeout of usual proxies. Otherwise a proxy sends a request into a connection that we are closing. */
const KEEP_ALIVE_MS = 65_000;

/** What answering a request takes. */
interface Parts {
  readonly stopping: Stopping;
  readonly handle: (request: RequestView) => Promise<Outcome | undefined>;
  readonly own: OwnRoutes;
  readonly findRoute: FindRoute;
  readonly findProtocol: ReturnType<typeof protocolFinder>;
  readonly rateLimit: RateLimit;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly metrics: Metrics;
  readonly log: ServerLog;
}

/**
 * Serves an engine over HTTP, with `/healthz`, `/readyz` and `/metrics` beside its routes. TLS is for a proxy in front.
 * @throws UserMetadataError `options_invalid` if it cannot listen
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { serve } from "@usermeta/server";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * const server = await serve({ metadata, port: 0 });
 * const response = await fetch(`${server.url}/readyz`);
 * console.log(response.status); // 200
 * await server.stop();
 * await metadata.close();
 * ```
 */
export const serve = async (options: ServeOptions): Promise<RunningServer> => {
  const { metadata, prefix = "", log = createLog("info") } = options;
  const { rateLimit = "6000/60s", adminRateLimit = "off" } = options;
  const metrics = createMetrics();
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    void answer(parts, request, response);
  });
  const stopping = new Stopping(server, log);
  const parts: Parts = {
    stopping,
    handle: mountAt(metadata, prefix),
    own: createOwnRoutes({
      metrics,
      isReady: async () => !stopping.hasBegun && (await canRead(metadata)),
      findKey: keyFinder(options.adminKeys ?? []),
    }),
    findRoute: routeFinder(metadata.routes, prefix),
    findProtocol: protocolFinder(metadata.routes, prefix),
    rateLimit: createRateLimit({ rateLimit, adminRateLimit }),
    addressOf: addressFinder(options.trustProxy ?? []),
    metrics,
    log,
  };
  await listen(server, options);
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    stop: () => stopping.end((options.drain ?? 0) * 1000),
  };
};

const canRead = async (metadata: ServeOptions["metadata"]): Promise<boolean> =>
  metadata.getUserMetadata("usermeta-readiness").then(
    () => true,
    () => false,
  );

const addressFinder = (trusted: readonly string[]): Parts["addressOf"] => {
  try {
    const isTrusted = proxyAddr.compile([...trusted]);
    return (request) => proxyAddr(request, isTrusted);
  } catch (error) {
    throw invalidSetting(
      `trustProxy: ${(error as Error).message}; give loopback or networks as in 10.0.0.0/8.`,
    );
  }
};

const answer = async (parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const startedAt = performance.now();
  const visit = parts.rateLimit.visit(parts.addressOf(request));
  const view = toRequestView(request, { admit: visit.admit });
  const route = parts.findRoute(view.path);
  response.once("close", () =>
    report(parts, { request, response, startedAt, name: nameOf(parts, view, route) }),
  );
  const send = (outcome: Outcome): void => {
    // A connection that is kept alive would keep the server from closing.
    if (parts.stopping.isClosing) response.setHeader("connection", "close");
    sendOutcome(response, outcome);
  };
  parts.stopping.owe(response, (error) => {
    abandon(request, error);
    send((route?.toOutcome ?? errorOutcome)(error));
  });
  const outcome = await decide(parts, view, { visit, route }).catch(errorOutcome);
  if (response.headersSent) return;
  for (const [name, value] of Object.entries(visit.headers)) response.setHeader(name, value);
  if (outcome.error) parts.log.error({ err: outcome.error, route: route?.name }, "request failed");
  send(outcome);
};

const nameOf = ({ own }: Parts, { path }: RequestView, route: NamedRoute | undefined): string =>
  route?.name ?? (own.knows(path) ? path : "unknown");

interface Exchange {
  readonly visit: Visit;
  readonly route: NamedRoute | undefined;
}

const decide = async (
  { handle, own, findProtocol }: Parts,
  view: RequestView,
  { visit, route }: Exchange,
): Promise<Outcome> => {
  // Asked every few seconds by whoever keeps the server running, who must not be turned away.
  const health = await own.health(view);
  if (health) return health;
  if (!(await visit.begin(view))) return (route?.toOutcome ?? errorOutcome)(tooManyRequests());
  return (await own.metrics(view)) ?? (await handle(view)) ?? unknownPath(findProtocol(view.path));
};

const unknownPath = (toOutcome: MountedRoute["toOutcome"] = errorOutcome): Outcome =>
  toOutcome(
    new UserMetadataError("path_unknown", "Nothing is answered here. GET /openapi.json lists the routes."),
  );

interface Finished {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly startedAt: number;
  readonly name: string;
}

/** Writes a line of the log, which holds nothing that the client sent but the method. */
const report = ({ metrics, log }: Parts, { request, response, startedAt, name }: Finished): void => {
  const { method = "GET" } = request;
  const milliseconds = performance.now() - startedAt;
  const status = response.statusCode;
  const line = { method, route: name, status, durationMs: Math.round(milliseconds * 10) / 10 };
  metrics.observe({ method, route: name, status, seconds: milliseconds / 1000 });
  // Health is asked every few seconds, for as long as the server runs.
  const level = name === "/healthz" || name === "/readyz" ? "debug" : "info";
  log[level](response.writableFinished ? line : { ...line, aborted: true }, "request");
};

const listen = (server: Server, { port = 4000, host = "127.0.0.1" }: ServeOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", ({ code, message }: NodeJS.ErrnoException) => {
      const why =
        code === "EADDRINUSE"
          ? "the port is taken; choose another one with --port"
          : `${message}; see --host`;
      reject(invalidSetting(`Cannot listen on ${host}, port ${port}: ${why}.`));
    });
    server.once("listening", resolve).listen(port, host);
  });
