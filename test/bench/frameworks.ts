/** Each framework, by itself or with our routes in it: parses JSON and sends it back, or answers `POST /updateinfo`. */
import type { AbstractHttpAdapter } from "@nestjs/core";
import type { MetadataHttp } from "@usermeta/core";
import type { LambdaEventV2 } from "@usermeta/lambda";
import { answerMeasurements, LOCAL, listening, serve } from "./child.ts";
import { toLambdaEvent } from "./lambda-event.ts";
import { serveNext } from "./next.ts";
import { settings } from "./users.ts";

/** Serves the routes of an engine, or the echo if there is none, and tells the parent its address. */
export type Start = (metadata: MetadataHttp | undefined, tokens: readonly string[]) => Promise<void>;

/** By the name of the adapter, and of what it stands on. Each process imports its own alone. */
export const FRAMEWORKS: Readonly<Record<string, Start>> = {
  async express(metadata) {
    const { default: express } = await import("express");
    const app = express();
    if (metadata) app.use((await import("@usermeta/express")).userMetadata(metadata));
    else app.post("/updateinfo", express.json(), (request, response) => void response.json(request.body));
    serve(app);
  },

  async koa(metadata) {
    const { default: Koa } = await import("koa");
    const { default: Router } = await import("@koa/router");
    const { default: parse } = await import("co-body");
    const app = new Koa();
    const echo = new Router().post("/updateinfo", async (ctx) => {
      ctx.body = await parse.json(ctx);
    });
    app.use(metadata ? (await import("@usermeta/koa")).userMetadata(metadata).routes() : echo.routes());
    serve(app.callback());
  },

  async fastify(metadata) {
    const { fastify } = await import("fastify");
    const app = fastify();
    if (metadata) await app.register((await import("@usermeta/fastify")).userMetadata, { metadata });
    else app.post("/updateinfo", async ({ body }) => body);
    listening(await app.listen(LOCAL));
  },

  async "fetch on node:http"(metadata) {
    const { createRequestListener } = await import("@remix-run/node-fetch-server");
    serve(createRequestListener(await toFetchApp(metadata)));
  },

  async "fetch on Hono's server"(metadata) {
    const { getRequestListener } = await import("@hono/node-server");
    serve(getRequestListener(await toFetchApp(metadata)));
  },

  async hapi(metadata) {
    const { server } = await import("@hapi/hapi");
    const { userMetadata } = await import("@usermeta/hapi");
    const app = server({ ...LOCAL, compression: false });
    if (metadata) await app.register({ plugin: userMetadata, options: { metadata } });
    else app.route({ method: "POST", path: "/updateinfo", handler: ({ payload }) => payload as object });
    await app.start();
    listening(app.info.uri);
  },

  async loopback(metadata) {
    const { RestApplication } = await import("@loopback/rest");
    const app = new RestApplication({ rest: LOCAL });
    const requestBody = { content: { "application/json": { schema: { type: "object" } } } } as const;
    if (metadata) app.component((await import("@usermeta/loopback")).userMetadata(metadata));
    else app.route("post", "/updateinfo", { requestBody, responses: {} }, (body: object) => body);
    await app.start();
    listening(app.restServer.url ?? "");
  },

  async "nest on Express"(metadata) {
    const { ExpressAdapter } = await import("@nestjs/platform-express");
    await serveNest(metadata, new ExpressAdapter());
  },

  async "nest on Fastify"(metadata) {
    const { FastifyAdapter } = await import("@nestjs/platform-fastify");
    await serveNest(metadata, new FastifyAdapter());
  },

  "next, app router": (metadata) => serveNext(metadata, ""),
  "next, pages router": (metadata) => serveNext(metadata, "/api"),

  /** As the Lambda runtime does: events come as JSON and one at a time, and JSON goes back. */
  async lambda(metadata, tokens) {
    const { userMetadata } = await import("@usermeta/lambda");
    const echo = async ({ body }: LambdaEventV2) => {
      const headers = { "content-type": "application/json" };
      return { statusCode: 200, headers, body: JSON.stringify(JSON.parse(String(body))) };
    };
    const handle = metadata ? userMetadata<LambdaEventV2>(metadata) : echo;
    const bodies = tokens.map((_, index) => JSON.stringify(settings(index)));
    const events = bodies.map((body, index) => JSON.stringify(toLambdaEvent(tokens[index] ?? "", body)));
    answerMeasurements(1, async (call) => {
      const index = call % events.length;
      const result = await handle(JSON.parse(events[index] ?? ""));
      if (!result.body.includes(bodies[index] ?? "")) throw new Error(result.body);
      JSON.stringify(result);
    });
  },
};

async function toFetchApp(
  metadata: MetadataHttp | undefined,
): Promise<(request: Request) => Promise<Response>> {
  const { userMetadata } = await import("@usermeta/fetch");
  if (!metadata) return async (request) => Response.json(await request.json());
  const handle = userMetadata(metadata);
  return async (request) => (await handle(request)) ?? new Response(null, { status: 404 });
}

async function serveNest(metadata: MetadataHttp | undefined, adapter: AbstractHttpAdapter): Promise<void> {
  const { Body, Controller, Module, Post } = await import("@nestjs/common");
  const { NestFactory } = await import("@nestjs/core");
  const { UserMetadataModule } = await import("@usermeta/nest");
  class Echo {
    echo(body: object): object {
      return body;
    }
  }
  class App {}
  // Decorators, which Node does not strip, called by hand.
  Controller()(Echo);
  Body()(Echo.prototype, "echo", 0);
  Post("updateinfo")(Echo.prototype, "echo", { value: Echo.prototype.echo });
  Module(metadata ? { imports: [UserMetadataModule.forRoot({ metadata })] } : { controllers: [Echo] })(App);
  const app = await NestFactory.create(App, adapter, { logger: false });
  await app.listen(LOCAL.port, LOCAL.host);
  listening(await app.getUrl());
}
