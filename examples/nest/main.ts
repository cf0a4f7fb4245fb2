import { randomBytes } from "node:crypto";
import { buildApp } from "./app.ts";

const { PORT = "3000", USERMETA_ADMIN_KEY, USERMETA_DB = "usermeta-example.db" } = process.env;
const adminKey = USERMETA_ADMIN_KEY ?? randomBytes(24).toString("base64url");

const app = await buildApp({ path: USERMETA_DB, adminKey });
app.enableShutdownHooks();
await app.listen(PORT);
console.log(`usermeta example listening on http://localhost:${app.getHttpServer().address().port}`);
if (USERMETA_ADMIN_KEY === undefined) console.log(`admin key: ${adminKey}`);
