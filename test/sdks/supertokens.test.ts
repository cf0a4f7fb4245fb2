/** The supertokens dialect and the development core, each asked by the unmodified SDKs of every version. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { createUserMetadata } from "@usermeta/core";
import { superTokensDialect } from "@usermeta/core/supertokens";
import { userMetadata } from "@usermeta/express";
import { sqliteStore } from "@usermeta/store-sqlite";
import { createDevCore } from "@usermeta/supertokens/dev-core";
import express from "express";
import { beforeAll, describe, expect, test } from "vitest";

const API_KEY = "api-key-of-the-sdks";
const METADATA = ["getUserMetadata", "updateUserMetadata", "clearUserMetadata", "parallel updates"];
const SESSIONS = [
  ...["createNewSession", "getSession", "mergeIntoAccessTokenPayload", "refreshSession"],
  "revokeAllSessionsForUser",
];

/** By the version of the interface that each asks for. */
const NODE_SDKS: readonly (readonly [sdk: string, protocol: string])[] = [
  ["supertokens-node-16", "4.0"],
  ["supertokens-node-20", "5.1"],
  ["supertokens-node-21", "5.2"],
  ["supertokens-node-22", "5.3"],
  ["supertokens-node-23", "5.3"],
  ["supertokens-node", "5.4"],
];

let url: string;
let asked: Set<string>;

beforeAll(async () => {
  asked = new Set();
  const metadata = createUserMetadata({
    store: sqliteStore({ path: ":memory:" }),
    adminKeys: [API_KEY],
    dialects: [superTokensDialect()],
  });
  const core = await createDevCore({ metadata, apiKey: API_KEY });
  const app = express();
  app.use((request, _response, next) => {
    asked.add(request.get("cdi-version") ?? "none");
    next();
  });
  app.use("/core", userMetadata(core)).use("/dialect", userMetadata(metadata));
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return async () => {
    server.close().closeAllConnections();
    await metadata.close();
  };
});

const run = promisify(execFile);

/** What held, of a client in a process of its own. */
const heldBy = async (
  command: readonly [string, ...string[]],
  env: Record<string, string>,
): Promise<unknown> => {
  const [file, ...args] = command;
  const { stdout } = await run(file, args, { env: { ...process.env, API_KEY, ...env } });
  return JSON.parse(stdout);
};

describe.each(NODE_SDKS)("%s", (sdk, protocol) => {
  const client = [process.execPath, join(import.meta.dirname, "supertokens-node-client.ts")] as const;

  test("the dialect: metadata", async () => {
    expect(await heldBy([...client], { SDK: sdk, CONNECTION_URI: `${url}/dialect` })).toEqual(METADATA);
    expect([...asked]).toContain(protocol);
  });

  test("the development core: metadata and sessions", async () => {
    asked.clear();
    const env = { SDK: sdk, CONNECTION_URI: `${url}/core`, SESSIONS: "1" };
    expect(await heldBy([...client], env)).toEqual([...METADATA, ...SESSIONS]);
    expect([...asked]).toContain(protocol);
  });
});
