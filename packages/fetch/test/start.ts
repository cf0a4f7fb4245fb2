import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { RunningApp, StartHttpApp, TestHttpOptions } from "@usermeta/conformance/http";
import { errorOutcome, type Session, UserMetadataError } from "@usermeta/core";
import { toResponse, userMetadata, verifySession } from "@usermeta/fetch";
import { Hono } from "hono";
import { serve } from "srvx/node";

/** An app with no framework: a function from `Request` to `Response`. */
export type FetchApp = (request: Request) => Promise<Response>;

/** Starts a server of the app, on a free port of 127.0.0.1. */
export type Serve = (app: FetchApp) => Promise<RunningApp>;

/** The server of Hono's Node adapter, which handles a failure itself. */
export const onHono: Serve = async (app) => {
  const server = createServer(getRequestListener(app)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, close: () => server[Symbol.asyncDispose]() };
};

/** The same by HTTP/2, without TLS. */
export const onHonoHttp2: Serve = async (app) => {
  const server = createHttp2Server(getRequestListener(app)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, close: async () => void server.close() };
};

/** The server of h3, Nitro and TanStack Start. */
export const onSrvx: Serve = async (app) => {
  const server = serve({ fetch: app, error: toFailure, port: 0, hostname: "127.0.0.1", silent: true });
  await server.ready();
  return { url: new URL(server.url ?? "").origin, close: () => server.close(true) };
};

const mount = (...[metadata, { prefix }]: Parameters<StartHttpApp>) => ({
  toVersion: async (session: Session) => {
    const { version } = await metadata.getUserMetadata(session.getUserId());
    return { version };
  },
  handle: userMetadata(metadata, { prefix }),
  guard: verifySession(metadata),
  optionalGuard: verifySession(metadata, { required: false }),
});

const toOwn = (session: Session) => ({ userId: session.getUserId(), tenantId: session.getTenantId() });
const toFailure = (error: unknown): Response =>
  UserMetadataError.is(error)
    ? toResponse(errorOutcome(error))
    : new Response("the app's own", { status: 500 });
const toOptional = (session: Session | undefined) => ({ userId: session?.getUserId() ?? null });

const bareOn =
  (serveBy: Serve): StartHttpApp =>
  (...asked) => {
    const { handle, guard, optionalGuard, toVersion } = mount(...asked);
    return serveBy(async (request) => {
      const own = `${request.method} ${new URL(request.url).pathname}`;
      if (own === "POST /own") return guard(request, (session) => Response.json(toOwn(session)));
      if (own === "GET /own-metadata")
        return guard(request, async (session) => Response.json(await toVersion(session)));
      if (own === "GET /own-optional") {
        return optionalGuard(request, (session) => Response.json(toOptional(session)));
      }
      return (await handle(request)) ?? new Response("app 404", { status: 404 });
    });
  };

/** The conformance suite's app with no framework, on srvx. */
export const startBare = bareOn(onSrvx);

/** The conformance suite's app with no framework, on Node's `http2`. */
export const startBareHttp2 = bareOn((app) => onHonoHttp2((request) => app(request).catch(toFailure)));

/** The conformance suite's app in Hono, on its own server. */
export const startHono: StartHttpApp = (...asked) => {
  const { handle, guard, optionalGuard, toVersion } = mount(...asked);
  const app = new Hono()
    .use(async (c, next) => (await handle(c.req.raw)) ?? next())
    .post("/own", (c) => guard(c.req.raw, (session) => c.json(toOwn(session))))
    .get("/own-metadata", (c) => guard(c.req.raw, async (session) => c.json(await toVersion(session))))
    .get("/own-optional", (c) => optionalGuard(c.req.raw, (session) => c.json(toOptional(session))))
    .notFound((c) => c.text("app 404", 404))
    .onError(toFailure);
  return onHono(async (request) => app.fetch(request));
};

/** What every app between `Request` and `Response` lacks. */
export const CAPABILITIES: NonNullable<TestHttpOptions["capabilities"]> = {
  bodyParser: "a Request's body is read once, by whoever answers; nothing parses it before",
};

/** What the suite knows of every such app. */
export const OPTIONS: Pick<TestHttpOptions, "capabilities" | "skip"> = {
  capabilities: CAPABILITIES,
  skip: {
    "a user id of only dots is refused with a 400 user_id_invalid, encoded or not":
      "a Request has its dot segments resolved before we see it",
  },
};
