import { execFile } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { createAdaptorServer } from "@hono/node-server";
import { testExample } from "../../suite.ts";

const folder = join(import.meta.dirname, "..");

testExample(async (options) => {
  const command = join(folder, "node_modules/@react-router/dev/bin.cjs");
  await promisify(execFile)(process.execPath, [command, "build"], { cwd: folder });
  const built = join(folder, "build/server/index.js");
  const { buildApp }: typeof import("../app.ts") = await import(built);
  const { fetch, close } = buildApp(options);
  const server = createAdaptorServer({ fetch });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
      await close();
    },
  };
});
