import { type RouteInfo, type TokenMismatch, UserMetadataError } from "@usermeta/core";
import { toAdminKeys } from "../config/admin-keys.ts";
import type { ServerConfig } from "../config/config.ts";
import { toDialects } from "../config/dialects.ts";
import { toHistory } from "../config/history.ts";
import { openEngine } from "../config/open.ts";
import { toSessions } from "../config/sessions.ts";
import { unknownVariables } from "../config/settings.ts";
import { DEFAULT_STORE, nameOfStore } from "../config/stores.ts";
import { createLog, readable, type ServerLog } from "../serving/log.ts";
import { serve } from "../serving/serve.ts";
import { stopSignal } from "./stop-signal.ts";

/** How long stopping takes at most, without the drain: the server, and then the store. In ms. */
const STOP_WITHIN_MS = 10_000;

/**
 * Serves until SIGINT or SIGTERM, then finishes what it is answering and closes the store. A store that hangs does not
 * keep the process beyond the deadline.
 * @throws UserMetadataError for a config that cannot be served
 */
export const serveCommand = async (config: ServerConfig): Promise<void> => {
  const log = createLog(config.logLevel ?? "info", await readable(process.stdout));
  const adminKeys = toAdminKeys(config, process.env);
  const sessions = toSessions(config);
  const dialects = await toDialects(config);
  const history = toHistory(config);
  const onSessionRefused = (error: unknown): void => logRefusal(log, error);
  const metadata = await openEngine(config, {
    adminKeys,
    dialects,
    history,
    onSessionRefused,
    ...(sessions && { sessions }),
  });
  const { port, host, prefix, rateLimit, adminRateLimit, trustProxy, drain = 0 } = config;
  const server = await serve({
    metadata,
    adminKeys,
    log,
    drain,
    ...(port !== undefined && { port }),
    ...(host !== undefined && { host }),
    ...(prefix !== undefined && { prefix }),
    ...(rateLimit !== undefined && { rateLimit }),
    ...(adminRateLimit !== undefined && { adminRateLimit }),
    ...(trustProxy !== undefined && { trustProxy }),
  }).catch(async (error: unknown) => {
    await metadata.close();
    throw error;
  });
  const shut: readonly RouteInfo["who"][] = [
    ...(Object.keys(adminKeys).length === 0 ? (["admin"] as const) : []),
    ...(sessions === undefined ? (["session"] as const) : []),
  ];
  warn(
    log,
    shut.filter((who) => metadata.routes.some((route) => route.who === who)),
  );
  const names = dialects.map(({ name }) => name);
  log.info(
    { url: server.url, store: nameOfStore(config.store ?? DEFAULT_STORE), dialects: names },
    "listening",
  );
  log.info({ signal: await stopSignal() }, "stopping");
  const giveUp = setTimeout(
    () => {
      log.warn("the store did not close in time");
      process.exit();
    },
    drain * 1000 + STOP_WITHIN_MS,
  );
  await server.stop();
  await metadata.close();
  clearTimeout(giveUp);
  log.info("stopped");
};

/** Says of a token of another issuer, for another audience or of an unknown key what was expected and what came. */
const logRefusal = (log: ServerLog, error: unknown): void => {
  if (!UserMetadataError.is(error)) return;
  const { claim, expected, received } = Object(error.cause) as Partial<TokenMismatch>;
  log.debug({ code: error.code, ...(claim && { claim, expected, received }) }, "session refused");
};

/** Of the routes there are, warns of those that let nobody in. */
const warn = (log: ServerLog, shut: readonly RouteInfo["who"][]): void => {
  for (const text of unknownVariables(process.env)) log.warn(text);
  if (shut.includes("admin"))
    log.warn(
      "No admin key: the routes for servers refuse everyone. Give --admin-key-file or USERMETA_ADMIN_KEY.",
    );
  if (shut.includes("session"))
    log.warn("No sessions: the routes for users refuse everyone. Give --sessions jwks:https://…");
};
