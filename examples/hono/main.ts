import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { buildApp } from "./app.ts";

const { PORT = "3000", USERMETA_ADMIN_KEY: adminKey = randomBytes(24).toString("base64url") } = process.env;
const { app } = buildApp({ path: join(import.meta.dirname, "usermeta-example.db"), adminKey });

// On this machine alone: whoever reaches the port may sign in as anyone.
serve({ fetch: app.fetch, port: Number(PORT), hostname: "127.0.0.1" }, ({ port }) =>
  console.log(`usermeta example on http://localhost:${port}, admin key ${adminKey}`),
);
