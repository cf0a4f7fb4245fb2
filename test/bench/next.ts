/** The Next app of the benchmarks: built once, and served by Next's own production server. */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import type { MetadataHttp } from "@usermeta/core";
import { LOCAL, serve } from "./child.ts";

const dir = join(import.meta.dirname, "next-app");
const require = createRequire(import.meta.url);

/** Builds it, in the parent. */
export async function buildNext(): Promise<void> {
  const next = require.resolve("next/dist/bin/next");
  await promisify(execFile)(process.execPath, [next, "build", "--turbopack", dir], {
    env: { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
  });
}

/** Serves one of its routers: the routes of an engine, or the echo beside them. */
export async function serveNext(metadata: MetadataHttp | undefined, router: string): Promise<void> {
  Object.assign(globalThis, { [Symbol.for("usermeta.bench")]: metadata });
  const createNext: typeof import("next").default = require("next");
  const app = createNext({ dir, dev: false, hostname: LOCAL.host, port: LOCAL.port });
  await app.prepare();
  serve(app.getRequestHandler(), `${router}/${metadata ? "ours" : "echo"}`);
}
