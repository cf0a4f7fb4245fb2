import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { serve } from "srvx";
import { testExample } from "../../suite.ts";

const folder = join(import.meta.dirname, "..");

testExample(async (options) => {
  await promisify(execFile)(process.execPath, [join(folder, "node_modules/vite/bin/vite.js"), "build"], {
    cwd: folder,
  });
  const built = join(folder, "dist/server/server.js");
  const { buildApp }: typeof import("../app.ts") = await import(built);
  const { fetch, close } = buildApp(options);
  const server = serve({ fetch, port: 0, hostname: "127.0.0.1", silent: true });
  await server.ready();
  return {
    url: new URL(server.url ?? "").origin,
    close: async () => {
      await server.close(true);
      await close();
    },
  };
});
