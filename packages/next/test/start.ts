import { AsyncLocalStorage } from "node:async_hooks";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import type { HttpEngine, HttpMount, RunningApp, TestHttpOptions } from "@usermeta/conformance/http";

/** The engine of the mount that a request came to. The fixture's routes read it, because they run in this process. */
const engines = new AsyncLocalStorage<HttpEngine>();
/** The errors that Next reported to the fixture's `onRequestError`. */
export const reports: string[] = [];
Object.assign(globalThis, {
  [Symbol.for("usermeta.test.engines")]: engines,
  [Symbol.for("usermeta.test.reports")]: reports,
});

/** The versions at both ends of the peer range, by their names in package.json. */
export type NextVersion = "next" | "next15";

/** A copy of the fixture for each version, below a folder that every tool ignores. */
const copyFixture = (version: NextVersion): string => {
  const folder = join(import.meta.dirname, "dist", version);
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(import.meta.dirname, "fixture"), folder, { recursive: true });
  mkdirSync(join(folder, "node_modules"));
  const installed = realpathSync(join(import.meta.dirname, "../node_modules", version));
  symlinkSync(installed, join(folder, "node_modules/next"));
  return folder;
};

const run = promisify(execFile);

/** Next's own production server on the built fixture. */
const buildAndServe = async (version: NextVersion): Promise<RequestListener> => {
  const dir = copyFixture(version);
  const require = createRequire(join(dir, "next.config.mjs"));
  const env = { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" } as const;
  await run(process.execPath, [require.resolve("next/dist/bin/next"), "build", "--turbopack", dir], { env });
  const createNext: typeof import("next").default = require("next");
  const app = createNext({ dir, dev: false, hostname: "127.0.0.1", port: 0 });
  await app.prepare();
  return app.getRequestHandler();
};

/** Starts an app that serves one folder of the fixture as if it were the root. */
export type Start = (metadata: HttpEngine, folder: string) => Promise<RunningApp>;

/** Starts apps of the fixture, which is built for the first of them. */
export const createStart = (version: NextVersion): Start => {
  let served: Promise<RequestListener> | undefined;
  return async (metadata, folder) => {
    served ??= buildAndServe(version);
    const handle = await served;
    const server = createServer((request, response) => {
      request.url = folder + request.url?.replace(/^\/(?=\?|$)/, "");
      engines.run(metadata, () => handle(request, response));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { url, close: () => server[Symbol.asyncDispose]() };
  };
};

/** How the conformance suite runs in a router. */
interface Router {
  /** The fixture's folder for a mount. */
  toFolder(mount: HttpMount): string;
  /** What the router lacks. */
  readonly options: Pick<TestHttpOptions, "capabilities" | "skip">;
}

const REDIRECTED = "Next redirects to a path with single slashes before it looks for a route";
const MALFORMED = "Next answers a malformed path by itself, with a bare 400";
const UNCOUNTED = "Next takes the Content-Length out of a route handler's answer";

const APP_ROUTER: Router = {
  toFolder: ({ prefix }) => (prefix ? "/prefix" : "/root"),
  options: {
    capabilities: {
      bodyParser: "a route handler reads its own Request; nothing parses it before",
      rawHeaders: "Next makes the Request of Node's `headers`, which has one of a header's repetitions",
      rawTarget: REDIRECTED,
    },
    skip: {
      "a malformed percent-encoding in the path is a 400 path_invalid": MALFORMED,
      "HEAD answers as GET, without the body": UNCOUNTED,
      "HEAD answers a refusal as GET, without the body": UNCOUNTED,
      "the open routes answer HEAD too": UNCOUNTED,
      "metadata in any script keeps its characters, and Content-Length counts bytes": UNCOUNTED,
    },
  },
};

const PAGES_ROUTER: Router = {
  toFolder: ({ prefix, bodyParser }) => `/api/${prefix ? "prefix" : bodyParser ? "parsed" : "raw"}`,
  options: {
    capabilities: { rawTarget: REDIRECTED },
    skip: {
      "a malformed percent-encoding in the path is a 400 path_invalid": MALFORMED,
      "HEAD answers a refusal as GET, without the body": MALFORMED,
      "behind a parser: what it has inflated is not called compressed": "Next's parser does not inflate",
    },
  },
};

/** Both routers of Next, by name. */
export const ROUTERS: readonly [name: string, router: Router][] = [
  ["app router", APP_ROUTER],
  ["pages router", PAGES_ROUTER],
];
