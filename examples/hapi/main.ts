import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { buildApp } from "./app.ts";

const { PORT = "3000", USERMETA_ADMIN_KEY, USERMETA_DB } = process.env;
const path = USERMETA_DB ?? join(import.meta.dirname, "usermeta-example.db");
const adminKey = USERMETA_ADMIN_KEY ?? randomBytes(24).toString("base64url");

const server = await buildApp({ path, adminKey, port: Number(PORT) });
await server.start();
console.log(`usermeta example listening on http://localhost:${server.info.port}`);
if (USERMETA_ADMIN_KEY === undefined) console.log(`admin key: ${adminKey}`);
