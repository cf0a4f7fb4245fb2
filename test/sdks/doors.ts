/** What the SDKs call: the dialects and the development core on Express, over SQLite. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createUserMetadata } from "@usermeta/core";
import { clerkDialect } from "@usermeta/core/clerk";
import { superTokensDialect } from "@usermeta/core/supertokens";
import { userMetadata } from "@usermeta/express";
import { sqliteStore } from "@usermeta/store-sqlite";
import { createDevCore } from "@usermeta/supertokens/dev-core";
import express from "express";
import { afterAll, beforeAll } from "vitest";

/** The key of every door. */
export const API_KEY = "sk_test_of_the_sdks";

/** The doors of a test file. */
export interface Doors {
  /** The address of a door. */
  url(door: "supertokens" | "core" | "clerk"): string;
  /** The versions of SuperTokens' interface that were asked for since the last call. */
  protocols(): readonly string[];
}

/** Opens them before the tests of a file, and closes them after. */
export const openDoors = (): Doors => {
  let url: string;
  const asked = new Set<string>();
  const metadata = createUserMetadata({ store: sqliteStore({ path: ":memory:" }), adminKeys: [API_KEY] });
  const server = createServer();

  beforeAll(async () => {
    const core = await createDevCore({ metadata, apiKey: API_KEY });
    const app = express();
    app.use((request, _response, next) => {
      const version = request.get("cdi-version");
      if (version !== undefined) asked.add(version);
      next();
    });
    const at = (dialect: Parameters<typeof metadata.withDialects>[0][number]) =>
      userMetadata(metadata.withDialects([dialect], { adminKeys: [API_KEY] }));
    app.use("/supertokens", at(superTokensDialect()));
    app.use("/core", userMetadata(core));
    app.use("/clerk", at(clerkDialect()));
    server.on("request", app).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.close().closeAllConnections();
    await metadata.close();
  });
  return {
    url: (door) => `${url}/${door}`,
    protocols: () => {
      const versions = [...asked];
      asked.clear();
      return versions;
    },
  };
};
