import { randomBytes } from "node:crypto";
import { buildApp } from "./app";

const { PORT = "3000", USERMETA_ADMIN_KEY, USERMETA_DB = "usermeta-example.db" } = process.env;
const adminKey = USERMETA_ADMIN_KEY ?? randomBytes(24).toString("base64url");

const main = async (): Promise<void> => {
  const app = buildApp({ path: USERMETA_DB, adminKey, port: Number(PORT) });
  await app.start();
  console.log(`usermeta example listening on ${app.restServer.url}`);
  if (USERMETA_ADMIN_KEY === undefined) console.log(`admin key: ${adminKey}`);
};

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
