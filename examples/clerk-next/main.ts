import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { buildApp } from "./app.ts";

const { PORT = "3000", USERMETA_DB, CLERK_SECRET_KEY, CLERK_ISSUER, CLERK_JWT_KEY } = process.env;
if (!CLERK_ISSUER && !CLERK_JWT_KEY) {
  console.error(
    "Set CLERK_ISSUER, the Frontend API of your instance: CLERK_ISSUER=https://….clerk.accounts.dev",
  );
  process.exit(1);
}

console.log("building …");
const { url } = await buildApp({
  path: USERMETA_DB ?? join(import.meta.dirname, "usermeta-example.db"),
  secretKey: CLERK_SECRET_KEY ?? randomBytes(24).toString("base64url"),
  port: Number(PORT),
  ...(CLERK_ISSUER && { issuer: CLERK_ISSUER }),
  ...(CLERK_JWT_KEY && { jwtKey: CLERK_JWT_KEY }),
});
console.log(`usermeta example listening on ${url}, Clerk's protocol below ${url}/api/clerk`);
