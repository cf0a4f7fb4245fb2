import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { testExample } from "../../suite.ts";
import { buildApp } from "../app.ts";

const folder = join(import.meta.dirname, "..");

testExample(async (options) => {
  await promisify(execFile)(process.execPath, [join(folder, "node_modules/astro/bin/astro.mjs"), "build"], {
    cwd: folder,
    env: { ...process.env, ASTRO_TELEMETRY_DISABLED: "1" },
  });
  const { app, close } = await buildApp(options);
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      await server[Symbol.asyncDispose]();
      await close();
    },
  };
});
