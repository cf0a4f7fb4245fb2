import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { serve } from "srvx";

const { PORT = "3000", USERMETA_ADMIN_KEY: adminKey = randomBytes(24).toString("base64url") } = process.env;
const built = join(import.meta.dirname, "dist/server/server.js");
const { buildApp }: typeof import("./app.ts") = await import(built);
const { fetch } = buildApp({ path: join(import.meta.dirname, "usermeta-example.db"), adminKey });

// On this machine alone: whoever reaches the port may sign in as anyone.
const server = serve({ fetch, port: PORT, hostname: "127.0.0.1", silent: true });
await server.ready();
console.log(`usermeta example on ${server.url}, admin key ${adminKey}`);
