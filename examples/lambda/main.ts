import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { buildApp } from "./app.ts";
import { createGateway } from "./gateway.ts";

const { PORT = "3000", USERMETA_ADMIN_KEY, USERMETA_DB } = process.env;
const path = USERMETA_DB ?? join(import.meta.dirname, "usermeta-example.db");
const adminKey = USERMETA_ADMIN_KEY ?? randomBytes(24).toString("base64url");

const server = createGateway(buildApp({ path, adminKey }).handler);
server.listen(Number(PORT), "127.0.0.1", () => {
  console.log(`usermeta example listening on http://localhost:${PORT}`);
  if (!USERMETA_ADMIN_KEY) console.log(`admin key: ${adminKey}`);
});
