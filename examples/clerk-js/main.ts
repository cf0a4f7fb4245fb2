import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { buildApp } from "./app.ts";

const { PORT = "3000", USERMETA_ADMIN_KEY: adminKey = randomBytes(24).toString("base64url") } = process.env;
const { app } = await buildApp({ path: join(import.meta.dirname, "usermeta-example.db"), adminKey });

// On this machine alone: whoever reaches the port may sign in as anyone.
app.listen(Number(PORT), "127.0.0.1", () => {
  console.log(`usermeta example on http://localhost:${PORT}, admin key ${adminKey}`);
});
