/** The samples of Clerk's guide for Astro, React Router and TanStack Start, on Clerk's own packages and our tokens. */
import { join } from "node:path";
import { clerkMiddleware as reactRouterMiddleware } from "@clerk/react-router/server";
import { clerkMiddleware as tanStackMiddleware } from "@clerk/tanstack-react-start/server";
import { runWithStartContext } from "@tanstack/start-storage-context";
import { tokenIssuer } from "@usermeta/core";
import type { APIContext, APIRoute, MiddlewareHandler } from "astro";
import { build } from "esbuild";
import express from "express";
import { createStaticHandler, type MiddlewareFunction, RouterContextProvider } from "react-router";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NextServer, serveNext } from "../examples/next-server.ts";
import { type ClerkApi, listen, PUBLISHABLE_KEY, SECRET_KEY, startClerkApi, WHO } from "./clerk-api.ts";
import { loader } from "./clerk-samples/react-router.ts";
import { ServerRoute } from "./clerk-samples/tanstack-start.ts";

let api: ClerkApi;
beforeAll(async () => {
  api = await startClerkApi();
});
afterAll(() => api.close());

/** Answers a request as the framework does: Clerk's middleware, then the sample. */
type Serve = (request: Request) => Promise<Response>;

/** `@clerk/astro` reads `import.meta.env`, which Astro's build fills in. So it is bundled, as there. */
const astro: Serve = async (request) => {
  const outfile = join(import.meta.dirname, "clerk-samples/dist/astro.mjs");
  await build({
    entryPoints: [join(import.meta.dirname, "clerk-samples/astro.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["cloudflare:workers"],
    define: { "import.meta.env": "{}" },
    outfile,
    logLevel: "error",
  });
  const sample: { GET: APIRoute; clerkMiddleware: () => MiddlewareHandler } = await import(outfile);
  const context = { request, locals: {}, url: new URL(request.url) } as unknown as APIContext;
  return (await sample.clerkMiddleware()(context, async () => sample.GET(context))) as Response;
};

const reactRouter: Serve = async (request) => {
  // Its types say more of what it returns than React Router's do.
  const middleware = reactRouterMiddleware() as MiddlewareFunction;
  const route = { id: "example", path: "/api/example", middleware: [middleware], loader };
  return createStaticHandler([route]).queryRoute(request, {
    routeId: "example",
    requestContext: new RouterContextProvider(),
    generateMiddlewareResponse: (run) => run(request),
  });
};

/** Start runs the middleware of `src/start.ts`, and what it gives on is the context of the handlers. */
const tanStack: Serve = async (request) => {
  const { server } = tanStackMiddleware().options as unknown as {
    server(call: object): Promise<{ response: Response }>;
  };
  const { handlers } = (ServerRoute.options as { server: { handlers: { GET: () => Promise<Response> } } })
    .server;
  const next = async ({ context }: { context: object }) => {
    const started = {
      request,
      contextAfterGlobalMiddlewares: context,
      startOptions: {},
      handlerType: "router",
      getRouter: () => {
        throw new TypeError("A handler needs no router.");
      },
    } as const;
    return { response: await runWithStartContext(started, handlers.GET) };
  };
  return (await server({ request, next })).response;
};

/** A whole app, because `auth()` finds what Clerk's proxy has left on Next's request. */
const next: Serve = async ({ url, headers }) => {
  served ??= serveNext({
    folder: join(import.meta.dirname, "clerk-samples/next"),
    env: { NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: PUBLISHABLE_KEY },
    port: 0,
    host: "localhost",
  });
  const answer = await fetch((await served).url + new URL(url).pathname, { headers });
  // What the sample throws, Next answers.
  if (answer.status === 500) throw new Error("A 500 of Next's own.");
  return answer;
};
let served: Promise<NextServer> | undefined;
afterAll(async () => (await served)?.close());

describe.each([
  ["@clerk/astro", astro],
  ["@clerk/nextjs", next],
  ["@clerk/react-router", reactRouter],
  ["@clerk/tanstack-react-start", tanStack],
])("the guide's sample for %s", (name, serve) => {
  const userId = `user_${name.slice(7)}`;
  const ask = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    return serve(new Request("https://clerk.example.com/api/example", { headers }));
  };

  test("writes to our database, for the user of our token", async () => {
    const answer = await ask(await api.metadata.issueToken(userId));
    expect([answer.status, await answer.json()]).toEqual([200, { success: true }]);
    expect(await api.metadata.getUserMetadata(userId)).toMatchObject({
      publicMetadata: { birthday: "1990-01-01" },
    });
  });

  test("finds no user in a token that somebody else has signed", async () => {
    const before = await api.metadata.getUserMetadata(userId);
    const token = await tokenIssuer({ ...WHO, algorithm: "RS256" }).sign(userId, { sid: "sess_1" });
    await expect(ask(token)).rejects.toThrow(/A valid resource ID is required|A 500 of Next/);
    expect(await api.metadata.getUserMetadata(userId)).toEqual(before);
  });
});

test("the older guide's samples for Express, on the client that @clerk/clerk-sdk-node makes of the environment", async () => {
  const { clerkClient } = await import("@clerk/clerk-sdk-node");
  const app = express().use(express.json());
  app.post("/updateStripe", async (req, res) => {
    const { stripeId, userId } = req.body;
    await clerkClient.users.updateUserMetadata(userId, {
      privateMetadata: {
        stripeId: stripeId,
      },
    });
    res.status(200).json({ success: true });
  });
  app.post("/updateRole", async (req, res) => {
    const { role, userId } = req.body;
    await clerkClient.users.updateUserMetadata(userId, {
      publicMetadata: {
        role,
      },
    });
    res.status(200).json({ success: true });
  });
  app.post("/private", async (req, res) => {
    const { userId } = req.body;
    const user = await clerkClient.users.getUser(userId);
    res.status(200).json(user.privateMetadata);
  });
  const { url, close } = await listen(app);
  const post = async (path: string, body: object): Promise<unknown> => {
    const headers = { "content-type": "application/json" };
    return (await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) })).json();
  };
  const userId = "user_of_the_older_guide";
  expect(await post("/updateStripe", { userId, stripeId: "cus_1" })).toEqual({ success: true });
  expect(await post("/updateRole", { userId, role: "shopper" })).toEqual({ success: true });
  expect(await post("/private", { userId })).toEqual({ stripeId: "cus_1" });
  const { publicMetadata } = await api.metadata.getUserMetadata(userId);
  expect(publicMetadata).toEqual({ role: "shopper" });
  await close();
});

test("the guides' cURL commands: PATCH writes; GET sends the key without Bearer, which is refused", async () => {
  const url = `${api.url}/v1/users/user_of_curl`;
  const json = { "Content-type": "application/json" };
  for (const body of [
    '{\n"public_metadata": {\n"birthday": "1990-01-01"\n}\n}',
    '{\n"private_metadata": {\n"stripeId": "12356"\n}\n}',
    '{\n"unsafe_metadata": {\n"birthday": "11-30-1969"\n}\n}',
  ]) {
    const headers = { ...json, Authorization: `Bearer ${SECRET_KEY}` };
    expect((await fetch(`${url}/metadata`, { method: "PATCH", headers, body })).status).toBe(200);
  }
  const { publicMetadata, privateMetadata, unsafeMetadata } =
    await api.metadata.getUserMetadata("user_of_curl");
  expect([publicMetadata, privateMetadata, unsafeMetadata]).toEqual([
    { birthday: "1990-01-01" },
    { stripeId: "12356" },
    { birthday: "11-30-1969" },
  ]);
  const refused = await fetch(url, { headers: { ...json, Authorization: SECRET_KEY } });
  expect([refused.status, await refused.json()]).toMatchObject([
    401,
    { errors: [{ code: "authorization_header_format_invalid" }] },
  ]);
});
