import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  createUserMetadata,
  type MetadataHttp,
  memoryStore,
  type Outcome,
  type Tier,
  type UserMetadataEngine,
  UserMetadataError,
} from "@usermeta/core";
import { superTokensDialect } from "@usermeta/core/supertokens";
import { sendOutcome, toRequestView } from "@usermeta/node";
import { devCoreDialect } from "./dialect.ts";
import { Sessions } from "./sessions.ts";

/** What a development core is made of. */
export interface DevCoreOptions {
  /**
   * Where metadata is kept. It stays open when the core is closed.
   * @default an engine in memory, with no sessions and no schemas
   */
  readonly metadata?: Pick<UserMetadataEngine, "withDialects"> | undefined;
  /** The tier that SuperTokens' metadata is. @default "private" */
  readonly tier?: Tier | undefined;
  /** What the SDK sends as `apiKey`, 16 characters or more. @default none: whoever reaches the core may call it */
  readonly apiKey?: string | undefined;
  /** The app that it is: a `connectionURI` may end in `/appid-<app>`. @default "public" */
  readonly appId?: string | undefined;
  /** The tenants that are there, in lower case. @default ["public"] */
  readonly tenants?: readonly string[] | undefined;
  /** @default 3600 */
  readonly accessTokenValiditySeconds?: number | undefined;
  /** @default 8640000 (100 days) */
  readonly refreshTokenValiditySeconds?: number | undefined;
  /** The clock that tokens are made and judged by, in ms since 1970, so that a test need not wait. @default Date.now */
  readonly now?: (() => number) | undefined;
}

/** Where a development core listens. */
export interface ListenOptions {
  /** 0 for any free port. @default 3567 */
  readonly port?: number | undefined;
  /** An address that others can reach wants an `apiKey`. @default "127.0.0.1" */
  readonly host?: string | undefined;
}

/** A development core that listens. */
export interface DevCore {
  /** What the SDK is given as `connectionURI`: `http://127.0.0.1:3567`. */
  readonly url: string;
  /** Ends every connection and forgets every session. */
  close(): Promise<void>;
}

/** The versions of the interface whose sessions it answers as a core does: in older ones access tokens are others. */
const VERSIONS: readonly string[] = ["3.0", "3.1", "4.0", "5.0", "5.1", "5.2", "5.3", "5.4"];
const MIN_KEY_LENGTH = 16;
const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);

/**
 * A SuperTokens core for development and tests, to be mounted by any adapter: sessions in memory, with tokens like a
 * core's, and the metadata endpoints over an engine of yours. Never for production.
 * @throws UserMetadataError `options_invalid`
 *
 * @example
 * ```ts
 * import { userMetadata } from "@usermeta/fetch";
 * import { createDevCore } from "@usermeta/supertokens/dev-core";
 *
 * const handler = userMetadata(await createDevCore(), { prefix: "/core" });
 * const response = await handler(new Request("http://localhost:3567/core/hello"));
 * console.log(response?.status); // 200
 * ```
 */
export const createDevCore = async (options: DevCoreOptions = {}): Promise<MetadataHttp> => {
  const { apiKey, tier, appId, tenants } = options;
  if (apiKey !== undefined && apiKey.length < MIN_KEY_LENGTH)
    throw invalidOption(`apiKey has ${apiKey.length} characters; give at least ${MIN_KEY_LENGTH}`);
  const { metadata = createUserMetadata({ store: memoryStore() }) } = options;
  const sessions = await Sessions.create({
    accessTokenValiditySeconds: options.accessTokenValiditySeconds ?? 3600,
    refreshTokenValiditySeconds: options.refreshTokenValiditySeconds ?? 8_640_000,
    now: options.now ?? Date.now,
  });
  const served = { appId, versions: VERSIONS, allowWithoutKey: apiKey === undefined };
  return metadata.withDialects(
    [superTokensDialect({ ...served, tier }), devCoreDialect(sessions, { ...served, tenants })],
    { adminKeys: apiKey === undefined ? [] : [apiKey] },
  );
};

/**
 * Starts a SuperTokens core for development and tests, with which the unmodified supertokens-node runs end to end: see
 * `createDevCore`.
 * @throws UserMetadataError `options_invalid`, also if it cannot listen
 *
 * @example
 * ```ts
 * import { startDevCore } from "@usermeta/supertokens/dev-core";
 *
 * const core = await startDevCore({ port: 0 });
 * const response = await fetch(`${core.url}/hello`);
 * console.log(response.status); // 200
 * await core.close();
 * ```
 */
export const startDevCore = async (options: DevCoreOptions & ListenOptions = {}): Promise<DevCore> => {
  const { port = 3567, host = "127.0.0.1", apiKey } = options;
  if (apiKey === undefined && !LOOPBACK.has(host))
    throw invalidOption(`host is ${host}, where others could make sessions for any user; give an apiKey`);
  const core = await createDevCore(options);
  const server = createServer(async (request, response) => {
    const outcome = (await core.handle(toRequestView(request))) ?? NOT_FOUND;
    if (outcome.error) console.error(outcome.error);
    sendOutcome(response, outcome);
  });
  await listen(server, port, host);
  const { address, port: actual, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${actual}`,
    close: () => close(server),
  };
};

const NOT_FOUND: Outcome = {
  status: 404,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: "Not found",
};

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", ({ code, message }: NodeJS.ErrnoException) => {
      const why = code === "EADDRINUSE" ? "the port is taken; give another one" : message;
      reject(invalidOption(`The development core cannot listen on ${host}, port ${port}: ${why}`));
    });
    server.once("listening", resolve).listen(port, host);
  });

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

const invalidOption = (message: string): UserMetadataError =>
  new UserMetadataError("options_invalid", `${message}.`);
