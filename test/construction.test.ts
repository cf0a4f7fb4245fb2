/** Mistakes of whoever wires it up: each is told at once, with what to write. */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { server as hapiServer } from "@hapi/hapi";
import { type Middleware, RestApplication, RestBindings } from "@loopback/rest";
import { createUserMetadata, jwtSessions, memoryStore, nativeDialect, tokenIssuer } from "@usermeta/core";
import { clerkSessions } from "@usermeta/core/clerk";
import * as express from "@usermeta/express";
import * as fastify from "@usermeta/fastify";
import * as web from "@usermeta/fetch";
import * as hapi from "@usermeta/hapi";
import * as koa from "@usermeta/koa";
import * as lambda from "@usermeta/lambda";
import * as loopback from "@usermeta/loopback";
import * as nest from "@usermeta/nest";
import * as next from "@usermeta/next";
import * as pages from "@usermeta/next/pages";
import { serve } from "@usermeta/server";
import Express from "express";
import Fastify from "fastify";
import Koa from "koa";
import { describe, expect, test } from "vitest";

const invalid = (message: RegExp) =>
  expect.objectContaining({ code: "options_invalid", message: expect.stringMatching(message) });

const ISSUER = { issuer: "https://app.test" };
const store = memoryStore();
const NO_DIALECTS = /dialects is not a list of dialects; write it as \[nativeDialect\(\)\]/;

describe("an option that is the wrong thing", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["no options", () => (createUserMetadata as () => unknown)(), /pass \{ store: memoryStore\(\) \}/],
    [
      "a store that was not called",
      () => createUserMetadata({ store: memoryStore as never }),
      /store is a function; pass what memoryStore\(\)/,
    ],
    [
      "a store as a text",
      () => createUserMetadata({ store: "sqlite:x" as never }),
      /store is a string; pass what .*sqliteStore\(\{ path \}\)/,
    ],
    [
      "a dialect by its name",
      () => createUserMetadata({ store, dialects: ["native" as never] }),
      NO_DIALECTS,
    ],
    [
      "a dialect that was not called",
      () => createUserMetadata({ store, dialects: [nativeDialect as never] }),
      NO_DIALECTS,
    ],
    [
      "dialects that are not a list",
      () => createUserMetadata({ store, dialects: nativeDialect() as never }),
      NO_DIALECTS,
    ],
    [
      "dialects of another mount",
      () => createUserMetadata({ store }).withDialects(["native" as never]),
      NO_DIALECTS,
    ],
    [
      "admin keys as a text",
      () => createUserMetadata({ store, adminKeys: "a key of 16 characters or more" as never }),
      /adminKeys is neither a list nor keys by name; write it as \[key\] or/,
    ],
    [
      "an issuer without options",
      () => (tokenIssuer as () => unknown)(),
      /tokenIssuer needs issuer, .* audience/,
    ],
    ["an issuer of nobody's tokens", () => tokenIssuer({ issuer: "" } as never), /tokenIssuer needs issuer/],
    [
      "sessions as a text",
      () => createUserMetadata({ store, sessions: ["clerk" as never] }),
      /sessions has a string; .*jwtSessions/,
    ],
    [
      "a schema that is something else",
      () => createUserMetadata({ store, schemas: { unsafe: {} as never } }),
      /schemas\.unsafe is not the Standard Schema/,
    ],
    [
      "a schema of no tier",
      () => createUserMetadata({ store, schemas: { privat: {} } as never }),
      /schemas\.privat is not .* pass one for public, private, unsafe/,
    ],
    [
      "a secret as a text",
      () => jwtSessions({ ...ISSUER, secret: "x".repeat(64) as never }),
      /secret is a text; .*new TextEncoder\(\)\.encode\(secret\)/,
    ],
    ["sessions without options", () => (jwtSessions as () => unknown)(), /needs issuer/],
    ["Clerk's sessions without options", () => clerkSessions(), /needs issuer/],
  ])("%s is told at once, with what to write", (_, construct, message) => {
    expect(construct).toThrow(invalid(message));
  });
});

/** Every function that an adapter has for an app to call with the engine. */
const FUNCTIONS: readonly (readonly [name: string, call: () => unknown])[] = [
  ...Object.entries({
    express,
    fastify,
    fetch: web,
    hapi,
    koa,
    lambda,
    loopback,
    nest,
    next,
    "next/pages": pages,
  }),
].flatMap(([name, adapter]) => {
  const { userMetadata, verifySession } = adapter as Record<string, unknown>;
  return Object.entries({ userMetadata, verifySession })
    .filter((entry): entry is [string, () => unknown] => typeof entry[1] === "function")
    .map(([each, call]) => [`${each} of ${name}`, () => call()] as const);
});

/** Those are Nest's and Fastify's own to call: with options, when the app starts. */
const LATER = ["userMetadata of fastify", "userMetadata of nest"];

test.each(FUNCTIONS.filter(([name]) => !LATER.includes(name)))(
  "%s without an engine fails at once",
  (_, call) => {
    expect(call).toThrow(invalid(/has no engine; pass it what createUserMetadata\(\) returned/));
  },
);

test("plugins and modules without an engine do not start", async () => {
  await expect(Fastify().register(fastify.userMetadata, {} as never)).rejects.toThrow(invalid(/no engine/));
  const server = hapiServer();
  await expect(server.register({ plugin: hapi.userMetadata, options: {} as never })).rejects.toThrow(
    invalid(/no engine/),
  );
  await expect(serve({} as never)).rejects.toThrow(invalid(/no engine/));
});

/** Starts what listens, asks it, and stops it. */
const ask = async (listener: RequestListener): Promise<number> => {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const { status } = await fetch(`http://127.0.0.1:${port}/own`, { signal: AbortSignal.timeout(4000) });
  await server[Symbol.asyncDispose]();
  return status;
};

const pick = ({
  userMetadata,
  verifySession,
}: Readonly<Record<"userMetadata" | "verifySession", unknown>>) => ({
  userMetadata,
  verifySession,
});

describe("a function that is mounted and was never called", () => {
  test.each([express.userMetadata, express.verifySession])(
    "Express answers 500: $name",
    async (middleware) => {
      const app = Express().set("env", "test");
      app.use(middleware as never);
      app.get("/own", (_request, response) => void response.send("own"));
      expect(await ask(app)).toBe(500);
    },
  );

  test.each(Object.entries(pick(koa)))("Koa answers 500 (%s)", async (_, middleware) => {
    const app = new Koa();
    app.silent = true;
    app.use(middleware as never).use((ctx) => {
      ctx.body = "own";
    });
    expect(await ask(app.callback())).toBe(500);
  });

  test.each(["onRequest", "preHandler"] as const)(
    "Fastify answers 500: verifySession as %s",
    async (hook) => {
      const app = Fastify();
      app.get("/own", { [hook]: fastify.verifySession as never }, async () => "own");
      expect((await app.inject("/own")).statusCode).toBe(500);
    },
  );

  test("hapi answers 500, and not as if there were a session", async () => {
    const server = hapiServer({ debug: false });
    const options = { pre: [{ method: hapi.verifySession as never }] };
    server.route({ method: "GET", path: "/own", options, handler: () => "own" });
    expect((await server.inject("/own")).statusCode).toBe(500);
  });

  test("LoopBack answers 500", async () => {
    const app = new RestApplication({ rest: { host: "127.0.0.1", port: 0 } });
    app.bind(RestBindings.SequenceActions.LOG_ERROR).to(() => {});
    app.middleware(loopback.verifySession as unknown as Middleware);
    await app.start();
    const { status } = await fetch(`${app.restServer.url}/own`, { signal: AbortSignal.timeout(4000) });
    await app.stop();
    expect(status).toBe(500);
  });

  test("handlers of requests and of events throw", () => {
    const request = new Request("https://app.test/own");
    expect(() => web.userMetadata(request as never)).toThrow(invalid(/no engine/));
    expect(() => web.verifySession(request as never)).toThrow(invalid(/no engine/));
    expect(() => next.userMetadata(request as never)).toThrow(invalid(/no engine/));
    expect(() => pages.verifySession({} as never)).toThrow(invalid(/no engine/));
    expect(() => lambda.userMetadata({ rawPath: "/own" } as never)).toThrow(invalid(/no engine/));
    expect(() => lambda.verifySession({ rawPath: "/own" } as never)).toThrow(invalid(/no engine/));
  });
});
