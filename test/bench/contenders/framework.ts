/** One framework, by itself or with our routes in it: parses JSON and sends it back, or answers `POST /updateinfo`. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type MetadataHttp, memoryStore } from "@usermeta/core";
import { listening, serve } from "../child.ts";
import { seeded } from "../engine.ts";

type Start = (metadata: MetadataHttp | undefined) => Promise<void>;

const LOCAL = { host: "127.0.0.1", port: 0 };

const STARTS: Readonly<Record<string, Start>> = {
  async express(metadata) {
    const { default: express } = await import("express");
    const app = express();
    if (metadata) app.use((await import("@usermeta/express")).userMetadata(metadata));
    else app.post("/updateinfo", express.json(), (request, response) => void response.json(request.body));
    serve(app);
  },
  async koa(metadata) {
    const [{ default: Koa }, { default: Router }, { default: parse }] = await Promise.all([
      import("koa"),
      import("@koa/router"),
      import("co-body"),
    ]);
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
    listening(new URL(await app.listen(LOCAL)).origin);
  },
  async hapi(metadata) {
    const { server } = await import("@hapi/hapi");
    const app = server({ ...LOCAL, compression: false });
    if (metadata) {
      const { userMetadata } = await import("@usermeta/hapi");
      await app.register({ plugin: userMetadata, options: { metadata } });
    } else app.route({ method: "POST", path: "/updateinfo", handler: ({ payload }) => payload as object });
    await app.start();
    listening(app.info.uri);
  },
  async fetch(metadata) {
    const { getRequestListener } = await import("@hono/node-server");
    const handle = metadata && (await import("@usermeta/fetch")).userMetadata(metadata);
    const echo = async (request: Request): Promise<Response> => Response.json(await request.json());
    const answer = handle
      ? async (request: Request) => (await handle(request)) ?? new Response(null, { status: 404 })
      : echo;
    const server = createServer(getRequestListener(answer)).listen(LOCAL, () => {
      listening(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  },
};

const [folder = ".", name = "", mode] = process.argv.slice(2);
const store = mode === "memory" ? memoryStore() : undefined;
await STARTS[name]?.(mode === "echo" ? undefined : await seeded(folder, 1024, store));
