/** A stale token of SuperTokens is refreshed by its own route: on Express, and in Next's route handlers. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { createAdaptorServer } from "@hono/node-server";
import { createUserMetadata, memoryStore, type UserMetadataEngine } from "@usermeta/core";
import { getSession, userMetadata, verifySession } from "@usermeta/express";
import { createRouteHandlers, verifySession as verifyInNext } from "@usermeta/next";
import { sessionOverride, superTokensSessions } from "@usermeta/supertokens";
import { startDevCore } from "@usermeta/supertokens/dev-core";
import { build } from "esbuild";
import express from "express";
import SuperTokens from "supertokens-node";
import { errorHandler, middleware } from "supertokens-node/framework/express";
import Session from "supertokens-node/recipe/session";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeInBrowser } from "./chromium.ts";

describeInBrowser("SuperTokens' sessions", (browser) => {
  const closing: (() => Promise<unknown>)[] = [];
  let metadata: UserMetadataEngine;
  let script: string;
  let expressUrl: string;

  beforeAll(async () => {
    const core = await startDevCore({ port: 0 });
    metadata = createUserMetadata({
      store: memoryStore(),
      sessions: superTokensSessions(),
      claims: { template: { plan: "{{public.plan}}", theme: "{{unsafe.theme}}" } },
    });
    SuperTokens.init({
      framework: "express",
      telemetry: false,
      supertokens: { connectionURI: core.url },
      appInfo: {
        appName: "test",
        apiDomain: "http://localhost:3000",
        websiteDomain: "http://localhost:3000",
      },
      recipeList: [Session.init({ override: { functions: sessionOverride(metadata) } })],
    });
    const entry = fileURLToPath(import.meta.resolve("@usermeta/client"));
    const bundle = { bundle: true, format: "iife", globalName: "usermeta", write: false } as const;
    script = (await build({ entryPoints: [entry], ...bundle })).outputFiles[0]?.text ?? "";

    // Next's handlers take a Request, and give a Response, on any server.
    const next = createRouteHandlers(metadata, { prefix: "/next" });
    const withFresh = verifyInNext(metadata, { fresh: true });
    const inNext = createAdaptorServer({
      fetch: async (request: Request) => {
        if (new URL(request.url).pathname === "/next/fresh")
          return withFresh(request, (session) => Response.json(session.getAccessTokenPayload()));
        return request.method === "PATCH" ? next.PATCH(request) : next.GET(request);
      },
    });

    const app = express();
    app.use(middleware());
    app.get(
      "/",
      (_request, response) => void response.type("html").send("<!doctype html><title>test</title>"),
    );
    app.post("/sign-in", async (request, response) => {
      await Session.createNewSession(request, response, "public", SuperTokens.convertToRecipeUserId("jane"));
      response.json({});
    });
    app.use("/express", userMetadata(metadata));
    app.get("/express/fresh", verifySession(metadata, { fresh: true }), (request, response) => {
      response.json(getSession(request).getAccessTokenPayload());
    });
    app.use(errorHandler());
    const server = createServer((request, response) => {
      if (request.url?.startsWith("/next/")) inNext.emit("request", request, response);
      else app(request, response);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    expressUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    closing.push(
      async () => {
        server.closeAllConnections();
        await server[Symbol.asyncDispose]();
      },
      () => metadata.close(),
      () => core.close(),
    );
  });
  afterAll(async () => {
    for (const close of closing) await close();
  });

  test.each(["express", "next"])(
    "a stale token is refreshed, and the request succeeds: %s",
    async (mount) => {
      const page = await browser.open(expressUrl);
      await page.addScriptTag({ content: script });
      await page.evaluate(`
      const post = async (path) => (await fetch(path, { method: "POST", headers: { "st-auth-mode": "cookie" } })).text();
      var client = usermeta.createUserMetadataClient({
        baseUrl: "/${mount}",
        refreshToken: () => post("/auth/session/refresh"),
      });
      var fresh = async () => (await client.fetch("/${mount}/fresh")).json();
      post("/sign-in").then(() => client.load());
    `);
      const ask = (expression: string): Promise<Record<string, unknown>> => page.evaluate(expression);
      expect(await ask("client.load()")).toMatchObject({ isSignedIn: true, userId: "jane" });
      const plan = `pro in ${mount}`;
      await metadata.updateUserMetadata("jane", { publicMetadata: { plan } });
      expect(await ask("fresh()")).toMatchObject({ sub: "jane", plan });
      const { version } = await metadata.getUserMetadata("jane");
      expect(await ask("fresh()")).toMatchObject({ metadataVersion: version });
      const path = `/${mount}/fresh`;
      const refreshed = [
        `401 GET ${path}`,
        "200 POST /auth/session/refresh",
        `200 GET ${path}`,
        `200 GET ${path}`,
      ];
      expect(browser.answers.slice(-4)).toEqual(refreshed);

      // The user's own write changes what the token says: it is fresh before the next request.
      expect(await ask(`client.update({ theme: "${mount}" })`)).toMatchObject({
        isSaving: false,
        error: undefined,
      });
      expect(await ask("fresh()")).toMatchObject({ theme: mount });
      expect(browser.answers.slice(-2)).toEqual(["200 POST /auth/session/refresh", `200 GET ${path}`]);
    },
  );
});
