import assert from "node:assert/strict";
import { httpCases } from "./cases.ts";
import { enterContexts } from "./contexts.ts";
import type {
  HttpCapability,
  HttpCase,
  HttpContext,
  HttpMount,
  HttpMountName,
  RunningApp,
  StartHttpApp,
} from "./contract.ts";
import { createEngine } from "./engine.ts";
import { closeHttp2 } from "./http2-client.ts";
import { createStore } from "./store.ts";
import { createTokens } from "./tokens.ts";

/** The test function of vitest, or of another runner with the same two calls. */
export interface TestFunction {
  (name: string, run: () => Promise<void>): unknown;
  skip(name: string, run: () => Promise<void>): unknown;
}

/** What `testHttp` needs to know of an adapter. */
export interface TestHttpOptions {
  /** vitest's `test`. */
  readonly test: TestFunction;
  /** Starts the framework's app with the adapter in it. */
  readonly start: StartHttpApp;
  /**
   * Whether the app listens for HTTP/2 without TLS, and all is asked by it. Cookies then come one by one.
   * @default false HTTP/1.1
   */
  readonly http2?: boolean | undefined;
  /**
   * What the platform lacks, each with the reason; the cases that need it are reported as skipped.
   * @default {} it has everything
   */
  readonly capabilities?: { readonly [capability in HttpCapability]?: true | string } | undefined;
  /**
   * Cases that the adapter is known to fail, by name, each with the reason. They are run: one that passes fails the
   * run, so that no skip outlives its cause.
   * @default {}
   */
  readonly skip?: Readonly<Record<string, string>> | undefined;
}

const MOUNTS: Readonly<Record<HttpMountName, HttpMount>> = {
  root: { prefix: "", bodyParser: false },
  prefix: { prefix: "/auth", bodyParser: false },
  parsed: { prefix: "", bodyParser: true },
  failing: { prefix: "", bodyParser: false },
};

interface StartedMount {
  readonly app: RunningApp;
  readonly context: HttpContext;
}

const startMount = async (
  { start, http2 = false }: TestHttpOptions,
  name: HttpMountName,
): Promise<StartedMount> => {
  const tokens = await createTokens();
  const mount = MOUNTS[name];
  const { store, hold } = createStore();
  const engine = createEngine(tokens, { mount: name, store });
  const app = await start(engine, mount);
  const { origin } = new URL(app.url);
  return { app, context: { engine, tokens, prefix: mount.prefix, origin, http2, hold } };
};

/** The mounts, each started when the first case asks for it. */
const createMounts = (options: TestHttpOptions) => {
  const started = new Map<HttpMountName, Promise<StartedMount>>();
  const of = (name: HttpMountName): Promise<StartedMount> => {
    const found = started.get(name) ?? startMount(options, name);
    started.set(name, found);
    return found;
  };
  const close = async (): Promise<void> => {
    const mounts = await Promise.all(started.values());
    started.clear();
    for (const { context } of mounts) closeHttp2(context);
    await Promise.all(mounts.map(({ app }) => app.close()));
  };
  return { of, close };
};

const mountOf = (testCase: HttpCase): HttpMountName => testCase.mount ?? "root";

/** The reason for which the platform cannot be asked, if there is one. */
const lackOf = (
  testCase: HttpCase,
  { capabilities = {}, http2 = false }: TestHttpOptions,
): string | undefined => {
  const needed: readonly (HttpCapability | undefined)[] = [
    ...[testCase.needs].flat(),
    mountOf(testCase) === "parsed" ? "bodyParser" : undefined,
  ];
  if (http2 && needed.includes("http1")) return "HTTP/2 has no such request";
  const answers = needed.map((capability) => capability && capabilities[capability]);
  return answers.find((answer) => typeof answer === "string");
};

const mustFail = async (name: string, reason: string, run: () => Promise<void>): Promise<void> => {
  const passed = await run().then(
    () => true,
    () => false,
  );
  assert.ok(!passed, `"${name}" passes, but is skipped because: ${reason}. Remove the skip.`);
};

const checkSkips = (skip: Readonly<Record<string, string>>): void => {
  const names = new Set(httpCases.map(({ name }) => name));
  const unknown = Object.keys(skip).filter((name) => !names.has(name));
  assert.deepEqual(unknown, [], "a skip names a case that does not exist");
  const bare = Object.keys(skip).filter((name) => !skip[name]?.trim());
  assert.deepEqual(bare, [], "a skip has no reason");
};

/**
 * Runs the HTTP contract against one adapter: every case of `httpCases` becomes a test, over real HTTP, on four apps
 * that are shared by the cases: at the root, below `/auth`, behind the framework's own body parser, and one whose store
 * fails.
 *
 * @example
 * ```ts
 * import type { AddressInfo } from "node:net";
 * import { type StartHttpApp, testHttp } from "@usermeta/conformance/http";
 * import { getSession, userMetadata, verifySession } from "@usermeta/express";
 * import express from "express";
 *
 * const start: StartHttpApp = async (metadata, { prefix, bodyParser }) => {
 *   const app = express();
 *   if (bodyParser) app.use(express.json({ type: () => true }));
 *   app.use(prefix || "/", userMetadata(metadata));
 *   app.post("/own", verifySession(metadata), (request, response) => {
 *     const session = getSession(request);
 *     response.json({ userId: session.getUserId(), tenantId: session.getTenantId() });
 *   });
 *   app.get("/own-metadata", verifySession(metadata), async (request, response) => {
 *     const { version } = await metadata.getUserMetadata(getSession(request).getUserId());
 *     response.json({ version });
 *   });
 *   const server = app.listen(0, "127.0.0.1");
 *   await new Promise((resolve) => server.once("listening", resolve));
 *   const { port } = server.address() as AddressInfo;
 *   return { url: `http://127.0.0.1:${port}`, close: async () => void server.close() };
 * };
 * // `test` of Vitest; this one only prints the names.
 * const names: string[] = [];
 * const test = Object.assign((name: string) => void names.push(name), { skip: () => undefined, afterAll: () => undefined });
 * testHttp({ test, start });
 * console.log(names.length > 100); // true
 * ```
 */
export const testHttp = (options: TestHttpOptions): void => {
  const { test, skip = {} } = options;
  const mounts = createMounts(options);
  enterContexts();
  test("the skips name cases and reasons", async () => checkSkips(skip));
  for (const testCase of httpCases) {
    const { name } = testCase;
    const run = async (): Promise<void> => testCase.run((await mounts.of(mountOf(testCase))).context);
    const lack = lackOf(testCase, options);
    const reason = skip[name];
    if (lack !== undefined) test.skip(`${name} (lacking: ${lack})`, run);
    else if (reason === undefined) test(name, run);
    else test(`${name} (skipped: ${reason})`, () => mustFail(name, reason, run));
  }
  test("the apps close", () => mounts.close());
};
