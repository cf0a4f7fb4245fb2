import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createUserMetadata, nativeDialect } from "@usermeta/core";
import { superTokensDialect } from "@usermeta/core/supertokens";
import { userMetadata } from "@usermeta/express";
import { sqliteStore } from "@usermeta/store-sqlite";
import express from "express";
import { afterAll, beforeAll, describe } from "vitest";
import { type Connection, describeMetadata, initMetadata } from "./dev-core-metadata.ts";

const apiKey = "admin-key-of-the-tests";
let folder: string;
let close = async (): Promise<void> => undefined;
let connectionURI: string;
const connection = (): Connection => ({ connectionURI, apiKey });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usermeta-cdi-"));
  const metadata = createUserMetadata({
    store: sqliteStore({ path: join(folder, "usermeta.db") }),
    adminKeys: [apiKey],
    dialects: [nativeDialect(), superTokensDialect({ appId: "shop" })],
  });
  const app = express().use("/core", userMetadata(metadata));
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  connectionURI = `http://127.0.0.1:${(server.address() as AddressInfo).port}/core/appid-shop`;
  initMetadata(connection());
  close = async () => {
    server.close().closeAllConnections();
    await metadata.close();
  };
});
afterAll(async () => {
  await close();
  await rm(folder, { recursive: true, force: true });
});

describe("the dialect on Express, over SQLite, beside our own", () => describeMetadata(connection));
