import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { buildApp } from "./app.ts";

const { PORT = "3000", USERMETA_ADMIN_KEY, USERMETA_DB } = process.env;
const path = USERMETA_DB ?? join(import.meta.dirname, "usermeta-example.db");
const adminKey = USERMETA_ADMIN_KEY ?? randomBytes(24).toString("base64url");

const app = buildApp({ path, adminKey });
const url = await app.listen({ host: "127.0.0.1", port: Number(PORT) });
console.log(`usermeta example listening on ${url}`);
if (!USERMETA_ADMIN_KEY) console.log(`admin key: ${adminKey}`);
